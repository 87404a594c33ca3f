// What the daemon stores is what its log folds to; what was altered behind its back is found.
#include "cli/log_refold.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/serve/live.h"
#include "cli/serve/live_position.h"
#include "engine/replay_meta.h"
#include "lianqing/ruleset.h"
#include "tests/support/packs.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kPack = R"(version: 1
pack: {id: test, title: {zh: 试, en: Test}, timezone: Asia/Shanghai}
measures: {n: {count: complaint, over: 30d}}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1", red: "n >= 3"}
)";

ReadPack read(std::string_view text) {
  PackTexts texts{{{"pack.yaml", std::string(text)}}, {}};
  auto program = compile_pack(texts.files, texts.calendars);
  EXPECT_TRUE(program);
  return {std::move(texts), *std::move(program)};
}

std::string complaint(int number) {
  return R"({"id":"c)" + std::to_string(number) +
         R"(","source":"/s","type":"complaint","time":"2026-03-01T00:00:00Z","unit":"u)" +
         std::to_string(number % 2) + R"("})";
}

class LogRefold : public testing::Test {
 protected:
  // Made once, copied for each test: a checkpoint behind six records, three more behind it.
  static void SetUpTestSuite() {
    made = std::make_unique<TempDir>();
    run(0, 6, true);
    run(6, 9, false);
  }
  static void TearDownTestSuite() { made.reset(); }
  void SetUp() override {
    std::filesystem::copy(made->path(), dir.path(), std::filesystem::copy_options::recursive);
  }

  static void run(int first, int last, bool checkpoint) {
    auto live = Live::start({made->path(), read(kPack), {}, {}}, [](Seq, Seq) {});
    ASSERT_TRUE(live) << (live ? "" : live.error().what);
    EventDecoder decoder;
    Arena arena;
    std::vector<std::string> texts;
    std::vector<Record> records;
    for (int i = first; i < last; ++i) texts.push_back(complaint(i));
    for (const std::string& text : texts) {
      records.push_back(decoder.decode(text, {}, arena));
      std::get<Event>(records.back()).raw = text;
      // One at a time, so that every count is judged.
      ASSERT_TRUE((*live)->take(std::span(records).last(1), {}, at("2026-03-02T00:00:00Z")));
    }
    if (checkpoint) {
      ASSERT_TRUE((*live)->checkpoint());
    }
  }

  RefoldReport compared() {
    const auto report = refold_and_compare(dir.path(), program, {}, [](auto, auto) {});
    EXPECT_TRUE(report) << (report ? "" : report.error().what);
    return report ? *report : RefoldReport{};
  }

  // Changes the stored state as one commit.
  void alter(const std::function<void(Store&, Commit&)>& change) {
    const auto store = open_rocks_store(state_directory(dir.path(), hash_text(*program)));
    ASSERT_TRUE(store);
    Commit commit;
    commit.meta = (*store)->meta()->value();
    change(**store, commit);
    ASSERT_TRUE((*store)->commit(commit));
  }

  static std::unique_ptr<TempDir> made;
  TempDir dir;
  const std::shared_ptr<const Program> program = read(kPack).program;
};

std::unique_ptr<TempDir> LogRefold::made;

TEST_F(LogRefold, WhatWasStoredIsWhatTheLogFoldsTo) {
  const RefoldReport report = compared();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_TRUE(report.state);
  EXPECT_EQ(report.records, 7);  // the first one says which pack rules
  EXPECT_EQ(report.units, 2);
  EXPECT_EQ(report.warnings, 4);
}

// A commit of many records is one instant: what is kept on the way stands in the middle of it.
TEST(LogRefoldOnTheWay, WhatIsKeptInTheMiddleOfAnInstantIsGoneOnWith) {
  const TempDir dir;
  const auto start = [&dir] {
    LiveOptions options{dir.path(), read(kPack), {}, {}};
    options.checkpoint_every = 1;
    return Live::start(std::move(options), [](Seq, Seq) {});
  };
  constexpr int kMany = 9000;
  std::vector<std::string> texts;
  for (int i = 0; i < kMany; ++i) texts.push_back(complaint(i));
  UnitColour colour;
  {
    const auto live = start();
    ASSERT_TRUE(live);
    EventDecoder decoder;
    Arena arena;
    std::vector<Record> records;
    for (const std::string& text : texts) {
      records.push_back(decoder.decode(text, {}, arena));
      std::get<Event>(records.back()).raw = text;
    }
    ASSERT_TRUE((*live)->take(records, {}, at("2026-03-02T00:00:00Z")));
    colour = (*live)->casebook().colour("u1");
  }
  std::filesystem::remove_all(dir.path() + "/state");
  {
    const auto live = start();  // ends as if killed
    ASSERT_TRUE(live);
    EXPECT_FALSE((*live)->report().from_checkpoint);
    EXPECT_EQ((*live)->report().refolded, kMany + 1);
  }
  const auto report = refold_and_compare(dir.path(), read(kPack).program, {}, [](auto, auto) {});
  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_TRUE(report->state);
  const auto live = start();
  ASSERT_TRUE(live);
  EXPECT_TRUE((*live)->report().from_checkpoint);
  EXPECT_LT((*live)->report().refolded, kMany);
  EXPECT_EQ((*live)->casebook().colour("u1"), colour);
  EXPECT_EQ((*live)->board().units().at("u1").standing.size(), 1U);
}

// Windows that empty wake a unit; a start does not wake it again.
TEST(LogRefoldOnTheWay, WhatTimeWokeIsKept) {
  const TempDir dir;
  const auto live = Live::start({dir.path(), read(kPack), {}, {}}, [](Seq, Seq) {});
  ASSERT_TRUE(live);
  EventDecoder decoder;
  Arena arena;
  const std::string text = complaint(0);
  std::vector<Record> records{decoder.decode(text, {}, arena)};
  std::get<Event>(records[0]).raw = text;
  ASSERT_TRUE((*live)->take(records, {}, at("2026-03-02T00:00:00Z")));
  ASSERT_TRUE((*live)->checkpoint());
  EXPECT_FALSE((*live)->dirty());
  ASSERT_TRUE((*live)->tick(at("2026-03-03T00:00:00Z")));
  EXPECT_FALSE((*live)->dirty());
  ASSERT_TRUE((*live)->tick(at("2026-05-01T00:00:00Z")));
  EXPECT_TRUE((*live)->dirty());
}

TEST_F(LogRefold, ALogWithoutStateComparesItsWarnings) {
  std::filesystem::remove_all(dir.path() + "/state");
  const RefoldReport report = compared();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_FALSE(report.state);
  EXPECT_EQ(report.warnings, 4);
}

TEST_F(LogRefold, AnAlteredUnitIsFound) {
  alter([](Store& store, Commit& commit) {
    commit.units.push_back({"u1", kNever, store.unit("u0").value()});
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("unit u1: the stored state")));
}

TEST_F(LogRefold, AnAlteredOutlineIsFound) {
  alter([](Store& store, Commit& commit) {
    EXPECT_TRUE(store.each_unit([&](std::string_view name, Instant due, std::string_view outline) {
      if (name != "u1") return;
      commit.units.push_back({"u1", due, store.unit("u1").value(), std::string(outline)});
    }));
    ASSERT_EQ(commit.units.size(), 1U);
    ASSERT_FALSE(commit.units[0].outline.empty());  // it is red
    commit.units[0].outline.clear();
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("unit u1: the stored state")));
}

TEST_F(LogRefold, AnInventedUnitIsFound) {
  alter([](Store& store, Commit& commit) {
    commit.units.push_back({"u7", kNever, store.unit("u0").value()});
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("unit u7 is in the state")));
}

TEST_F(LogRefold, AnInventedIdentityIsFound) {
  alter([](Store&, Commit& commit) { commit.identities.push_back({{1, 2}, {}, "u0"}); });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("8 stored, 7 expected")));
}

TEST_F(LogRefold, AnotherAccountOfTheStateIsFound) {
  alter([](Store&, Commit& commit) {
    ReplayMeta meta = *ReplayMeta::decode(commit.meta);
    ++meta.counts.admitted;
    commit.meta = meta.encode();
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("own account")));
}

// Such a state is taken up again: the register that stood there is the one whose hash stands now.
TEST(ReplayMeta, AnEarlierVersionNamesTheSameOwner) {
  const std::string rules(32, 'r'), units = "\nu1\tparent=u0";
  ReplayMeta meta;
  meta.belongs_to = rules + units;
  meta.position = "here";
  std::string bytes = meta.encode();
  bytes.replace(bytes.find("replay/4"), 8, "replay/3");
  const auto read = ReplayMeta::decode(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->belongs_to, state_owner(rules + units));
  EXPECT_EQ(read->belongs_to.size(), 64U);
  EXPECT_EQ(read->position, "here");
  EXPECT_NE(read->belongs_to, state_owner(rules + units + "1"));
  meta.belongs_to = state_owner(rules + units);  // as written now
  EXPECT_EQ(ReplayMeta::decode(meta.encode())->belongs_to, meta.belongs_to);
}

TEST_F(LogRefold, AlteredCasesAreFound) {
  alter([](Store&, Commit& commit) {
    ReplayMeta meta = *ReplayMeta::decode(commit.meta);
    LivePosition at = *LivePosition::decode(meta.position);
    at.desk.back() = static_cast<char>(at.desk.back() ^ 1);
    meta.position = at.encode();
    commit.meta = meta.encode();
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("cases and colours")));
}

TEST_F(LogRefold, AlteredCasesOfAUnitAreFound) {
  alter([](Store& store, Commit& commit) {
    const auto lives = stored_lives(store);
    ASSERT_TRUE(lives);
    ASSERT_EQ(lives->size(), 2U);
    commit.notes = {{life_note("u0"), lives->at(1).second}, {life_note("u9"), lives->at(1).second}};
  });
  EXPECT_THAT(compared().findings, ElementsAre(HasSubstr("unit u0: the stored cases"),
                                               HasSubstr("unit u9: the stored cases")));
}

TEST_F(LogRefold, AnAlteredAndAnInventedWarningAreFound) {
  {
    const auto log = EventLog::open(dir.path(), OpenMode::existing);
    ASSERT_TRUE(log);
    const auto stored = (*log)->warnings(2, 1);
    ASSERT_TRUE(stored);
    std::string text = stored->at(0).second;
    text.replace(text.find("\"u1\""), 4, "\"u9\"");
    ASSERT_TRUE((*log)->put_warnings(
        std::vector{std::pair<std::uint64_t, std::string>{2, text}, {5, text}}));
  }
  EXPECT_THAT(compared().findings,
              ElementsAre(HasSubstr("warning 2 (u1"), HasSubstr("warning 5 and what follows")));
}

TEST_F(LogRefold, OtherRulesAreRefused) {
  std::string text(kPack);
  text.replace(text.find("n >= 3"), 6, "n >= 4");
  const auto other = read(text).program;
  const auto report = refold_and_compare(dir.path(), other, {}, [](auto, auto) {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::refused);
}

}  // namespace
}  // namespace lianqing
