// One rule pack follows another: what was prepared beside the writer need not be looked at again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "cli/log_refold.h"
#include "cli/serve/live.h"
#include "lianqing/ruleset.h"
#include "tests/support/packs.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::IsEmpty;

constexpr std::string_view kPack = R"(version: 1
pack: {id: test, title: {zh: 试, en: Test}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
  last: {last: amount, of: fine}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1", red: "n >= 3"}
  dear: {title: {zh: 贵, en: Dear}, because: "{last}", yellow: "last >= 100"}
)";

ReadPack read(std::string text, const std::string& from = {}, const std::string& to = {}) {
  if (!from.empty()) text.replace(text.find(from), from.size(), to);
  PackTexts texts{{{"pack.yaml", text}}, {}};
  auto program = compile_pack(texts.files, texts.calendars);
  EXPECT_TRUE(program);
  return {std::move(texts), *std::move(program)};
}

// One complaint about each of many units; three about u0, two about u1.
void fill(Live& live, int units) {
  std::vector<int> about(static_cast<std::size_t>(units));
  std::iota(about.begin(), about.end(), 0);
  about.insert(about.end(), {0, 0, 1});
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < about.size(); ++i) {
    texts.push_back(
        R"({"id":"c)" + std::to_string(i) +
        R"(","source":"/s","type":"complaint","time":"2026-03-01T00:00:00Z","unit":"u)" +
        std::to_string(about[i]) + R"("})");
  }
  EventDecoder decoder;
  Arena arena;
  std::vector<Record> records;
  for (const std::string& text : texts) {
    records.push_back(decoder.decode(text, {}, arena));
    std::get<Event>(records.back()).raw = text;
  }
  ASSERT_TRUE(live.take(records, {}, at("2026-03-02T00:00:00Z")));
}

// As the daemon prepares a pack beside the writer.
Judge folded(Live& live, const std::string& data, const ReadPack& pack, Prepared& out) {
  EXPECT_TRUE(keep_pack(data, *pack.program, pack.texts));
  auto judge = make_judge(data, pack.program, hash_text(*pack.program), {}, true);
  EXPECT_TRUE(judge);
  EXPECT_TRUE(refold(
      live.log(), *judge->replay, {}, [](const Event&) {}, [](Seq) { return Status{}; }));
  EXPECT_TRUE(judge->replay->judge_through(live.judged()));
  std::vector<StoredNote> notes;
  std::string after;
  for (std::vector<UnitBytes> some; !(some = live.lives(after, 7)).empty();) {
    after = some.back().first;
    for (const auto& [unit, bytes] : some) notes.push_back({life_note(unit), bytes});
  }
  EXPECT_TRUE(judge->replay->checkpoint(LivePosition{}.encode(), std::move(notes)));
  auto stored = stored_stands(*judge, [](std::string_view) {});
  EXPECT_TRUE(stored);
  out.stands = *std::move(stored);
  out.folded = live.log().next_seq();
  out.lives = true;
  return *std::move(judge);
}

// Until nothing of it is left to do.
Result<Live::Switched> switched(Live& live, Judge& successor, Prepared& prepared,
                                const std::string& when) {
  Result<Live::Switched> out = failure(ErrorCode::refused, "never done");
  const auto done = [&out](Live::Switched told) { out = std::move(told); };
  const Status begun = live.activate(successor, prepared, {"", "api", "because"}, at(when), done);
  if (!begun) return Unexpected<Error>(begun.error());
  EXPECT_TRUE(live.checkpoint());
  return out;
}

// Units with a rule that has no data.
std::size_t greys(const Casebook& book) {
  std::size_t out = 0;
  for (const std::string& unit : book.units()) out += book.grey_places(unit).empty() ? 0U : 1U;
  return out;
}

void take(Live& live, const std::string& text, const std::string& when) {
  EventDecoder decoder;
  Arena arena;
  std::vector<Record> records{decoder.decode(text, {}, arena)};
  std::get<Event>(records[0]).raw = text;
  ASSERT_TRUE(live.take(records, {}, at(when)));
}

constexpr const char* kLate =
    R"({"id":"x","source":"/s","type":"complaint","time":"2026-03-01T00:00:00Z","unit":"u7"})";

TEST(LiveRules, OnlyUnitsThatThePacksSeeDifferentlyAreLookedAt) {
  constexpr int kUnits = 200;
  const TempDir dir;
  const ReadPack first = read(std::string(kPack)),
                 second = read(std::string(kPack), "n >= 3", "n >= 2");
  {
    const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
    ASSERT_TRUE(live);
    fill(**live, kUnits);
    Prepared prepared;
    Judge successor = folded(**live, dir.path(), second, prepared);
    EXPECT_EQ(prepared.stands.size(), kUnits);    // yellow or red by one rule, grey by the other
    take(**live, kLate, "2026-03-02T01:00:00Z");  // what comes after it is taken in, too
    const auto done = switched(**live, successor, prepared, "2026-03-02T02:00:00Z");
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->units, 2U);  // u1 and u7 of 200
    EXPECT_EQ(done->lives, 2U);
    EXPECT_EQ(done->transitions, 2U);
    for (const std::string unit : {"u0", "u1", "u7"}) {
      EXPECT_EQ((*live)->board().units().at(unit).standing.at({"many", ""}).level, Level::red);
      EXPECT_EQ((*live)->casebook().colour(unit).shown, Level::red);
    }
    EXPECT_EQ((*live)->casebook().colour("u2").shown, Level::yellow);
    EXPECT_EQ(greys((*live)->casebook()), kUnits);
  }
  const auto report = refold_and_compare(dir.path(), second.program, {}, [](auto, auto) {});
  ASSERT_TRUE(report);
  EXPECT_THAT(report->findings, IsEmpty());
  EXPECT_TRUE(report->state);
  const auto live = Live::start({dir.path(), second, {}, {}}, [](Seq, Seq) {});
  ASSERT_TRUE(live);
  EXPECT_TRUE((*live)->report().from_checkpoint);
  EXPECT_EQ((*live)->report().refolded, 0U);
  EXPECT_EQ((*live)->board().units().size(), kUnits);
  EXPECT_EQ((*live)->board().lit().size(), kUnits);
  EXPECT_EQ((*live)->casebook().colour("u7").shown, Level::red);
  EXPECT_EQ(greys((*live)->casebook()), kUnits);
}

TEST(LiveRules, RulesThatHaveDataNowAreNotGreyAnyMore) {
  const TempDir dir;
  const ReadPack first = read(std::string(kPack)),
                 second = read(std::string(kPack), "last: amount, of: fine}",
                               "last: amount, of: fine, empty: 0}");
  const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
  ASSERT_TRUE(live);
  fill(**live, 10);
  EXPECT_EQ(greys((*live)->casebook()), 10U);
  Prepared prepared;
  Judge successor = folded(**live, dir.path(), second, prepared);
  const auto done = switched(**live, successor, prepared, "2026-03-02T02:00:00Z");
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(done->units, 0U);
  EXPECT_EQ(greys((*live)->casebook()), 0U);
}

// What the log tells and what is on the disk are all that a start knows. A crash leaves the disk as
// it was at any point of a switch: the record of the activation decides.
TEST(LiveRules, AfterACrashInTheMiddleTheLogDecides) {
  namespace fs = std::filesystem;
  const ReadPack first = read(std::string(kPack)),
                 second = read(std::string(kPack), "n >= 3", "n >= 2");
  enum Point { prepared_only, record_only, state_too, all };
  std::vector<std::string> told;
  for (const Point point : {all, record_only, state_too, prepared_only}) {
    SCOPED_TRACE(point);
    const TempDir dir;
    const fs::path state = dir.path() + "/state", before = dir.path() + "/before";
    std::string reigns;
    {
      const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
      ASSERT_TRUE(live);
      fill(**live, 20);
      ASSERT_TRUE((*live)->checkpoint());
      Prepared prepared;
      Judge successor = folded(**live, dir.path(), second, prepared);
      take(**live, kLate, "2026-03-02T01:00:00Z");
      fs::copy(state, before, fs::copy_options::recursive);
      reigns = (*live)->log().meta(kGenerationKey)->value();
      if (point != prepared_only) {
        ASSERT_TRUE(switched(**live, successor, prepared, "2026-03-02T02:00:00Z"));
      }
      if (point == all) {  // the old pack's state is still there
        fs::copy(state, dir.path() + "/after", fs::copy_options::recursive);
      }
    }
    if (point == prepared_only || point == record_only) {
      fs::remove_all(state);
      fs::rename(before, state);
    } else {
      fs::remove_all(before);
    }
    if (point == all) {
      fs::remove_all(state);
      fs::rename(dir.path() + "/after", state);
    }
    if (point == record_only || point == state_too) {
      const auto log = EventLog::open(dir.path(), OpenMode::create);
      ASSERT_TRUE(log);
      ASSERT_TRUE((*log)->put_meta(kGenerationKey, reigns));
    }
    {
      const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
      ASSERT_TRUE(live) << live.error().what;
      const bool rules = point != prepared_only;
      EXPECT_EQ(hash_text((*live)->program()), hash_text(rules ? *second.program : *first.program));
      EXPECT_EQ((*live)->reigns().size(), rules ? 2U : 1U);
      const Level expected = rules ? Level::red : Level::yellow;
      EXPECT_EQ((*live)->casebook().colour("u1").shown, expected);
      EXPECT_EQ((*live)->board().units().at("u7").standing.at({"many", ""}).level, expected);
      const auto warnings = (*live)->log().warnings(1, 1000);
      ASSERT_TRUE(warnings);
      std::vector<std::string> texts;
      for (const Positioned& one : *warnings) texts.push_back(one.second);
      if (point == all) told = texts;
      if (rules) {
        EXPECT_EQ(texts, told);
      } else {
        EXPECT_EQ(texts, std::vector<std::string>(told.begin(), told.end() - 2));
      }
      // It goes on.
      take(**live,
           R"({"id":"y","source":"/s","type":"fine","unit":"u3","data":{"amount":200},)"
           R"("time":"2026-03-02T00:00:00Z"})",
           "2026-03-03T00:00:00Z");
      EXPECT_TRUE((*live)->board().units().at("u3").standing.contains({"dear", ""}));
    }
    const ReadPack& ruler = point == prepared_only ? first : second;
    const auto report = refold_and_compare(dir.path(), ruler.program, {}, [](auto, auto) {});
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->findings, IsEmpty());
  }
}

std::string complaint(const std::string& id, const std::string& unit) {
  return R"({"id":")" + id +
         R"(","source":"/s","type":"complaint","time":"2026-03-01T00:00:00Z",)" + R"("unit":")" +
         unit + R"("})";
}

std::vector<std::string> told_in(const EventLog& log) {
  std::vector<std::string> out;
  const auto warnings = log.warnings(1, 100'000);
  EXPECT_TRUE(warnings);
  for (const Positioned& one : *warnings) out.push_back(one.second);
  return out;
}

// While a new pack tells of unit after unit, records come about units of which it has told, and has
// not: those stand as of the activation, and what the records do comes behind. A crash after any
// piece begins again at the record; a start that folds the log tells the same, byte by byte.
TEST(LiveRules, WhatComesWhileTheNewPackTellsComesBehind) {
  constexpr int kUnits = 700;
  const ReadPack first = read(std::string(kPack)),
                 second = read(std::string(kPack), "yellow: \"n >= 1\", red: \"n >= 3\"",
                               "yellow: \"n >= 2\", red: \"n >= 5\"");
  for (const std::size_t pieces : {0U, 2U, 4U, 100U}) {
    SCOPED_TRACE(pieces);
    const TempDir dir;
    bool ended = false;
    std::vector<std::string> before;
    {
      const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
      ASSERT_TRUE(live);
      fill(**live, kUnits);
      ASSERT_TRUE((*live)->checkpoint());
      Prepared prepared;
      Judge successor = folded(**live, dir.path(), second, prepared);
      const auto done = [&](Live::Switched told) {
        ended = true;
        EXPECT_EQ(told.transitions, 700U);  // all but u1, and v
        EXPECT_EQ(told.units, 700U);
      };
      take(**live, complaint("late", "v"), "2026-03-02T01:00:00Z");
      ASSERT_TRUE((*live)->activate(successor, prepared, {"", "api", "because"},
                                    at("2026-03-02T02:00:00Z"), done));
      for (std::size_t k = 0; k < pieces && !ended; ++k) {
        ASSERT_TRUE((*live)->is_switching());
        const std::string n = std::to_string(k), hour = k < 10 ? "0" + n : n;
        for (const std::string& unit :
             {std::string("u0"), std::string("u5"), std::string("u690"), "new" + n}) {
          take(**live, complaint(unit + "-" + n, unit), "2026-03-03T" + hour + ":00:00Z");
        }
        ASSERT_TRUE((*live)->tick(at("2026-03-03T" + hour + ":30:00Z")));
        ASSERT_LT(k, 20U);
        const auto more = (*live)->go_on_switching();
        ASSERT_TRUE(more) << more.error().what;
      }
      before = told_in((*live)->log());
      EXPECT_EQ((*live)->position(), before.size());
    }
    const auto live = Live::start({dir.path(), first, {}, {}}, [](Seq, Seq) {});
    ASSERT_TRUE(live) << live.error().what;
    EXPECT_EQ((*live)->report().from_checkpoint, true);
    EXPECT_EQ(hash_text((*live)->program()), hash_text(*second.program));
    const std::vector<std::string> after = told_in((*live)->log());
    ASSERT_GE(after.size(), before.size());
    EXPECT_EQ(before,
              std::vector<std::string>(after.begin(),
                                       after.begin() + static_cast<std::ptrdiff_t>(before.size())));
    EXPECT_EQ((*live)->position(), after.size());
    const auto report = refold_and_compare(dir.path(), second.program, {}, [](auto, auto) {});
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_THAT(report->findings, IsEmpty());
    EXPECT_EQ(ended, pieces == 100);
  }
}

}  // namespace
}  // namespace lianqing
