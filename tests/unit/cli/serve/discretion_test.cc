#include "cli/serve/discretion.h"

#include <gtest/gtest.h>

#include "cli/kept_packs.h"
#include "cli/pack_files.h"
#include "lianqing/ruleset.h"
#include "tests/support/compiled.h"

namespace lianqing {
namespace {

constexpr const char* kPack = R"(version: 1
pack: {id: p, title: {zh: 包, en: P}, timezone: Asia/Shanghai}
events:
  complaint: {fields: {severity: {type: int}, reporter: {type: string, sensitive: true}}}
  visit: {fields: {hours: {type: decimal}}}
measures:
  complaints: {count: complaint, over: 30d}
  reporters: {distinct: reporter, of: complaint, over: 30d}
  lately: {count: complaint, over: 7d}
  twice: {value: "complaints * 2"}
  visits: {count: visit, over: 30d}
  everything: {count: "*", over: 30d}
  newest: {last: severity, of: complaint, over: 30d}
rules:
  counted: {title: {zh: 甲, en: A}, because: "{complaints} {reporters} {twice}", yellow: "complaints >= 1"}
  bare: {title: {zh: 乙, en: B}, because: "{complaints} {visits}", yellow: "complaints >= 1"}
  other_window: {title: {zh: 丙, en: C}, because: "{lately} {reporters}", yellow: "lately >= 1"}
  newest: {title: {zh: 新, en: N}, because: "{newest} {complaints} {reporters}", yellow: "newest >= 1"}
  open: {title: {zh: 丁, en: D}, because: "{visits}", yellow: "visits >= 1"}
  wide: {title: {zh: 戊, en: E}, because: "{everything}", yellow: "everything >= 1"}
)";

std::string warning(const std::string& rule, const std::string& values,
                    const std::string& pack = hash_text(*compile(kPack))) {
  return R"({"id":"w","unit":"u","rule":")" + rule +
         R"(","title":{"zh":"题","en":"T"},"key":null,"from":"green","to":"yellow","cause":"event",)"
         R"("time":"2026-03-05T02:03:04.5Z","seq":7,"late_by":null,"rules":")" +
         pack + R"(","values":{)" + values +
         R"(},"why":[{"clause":"x"}],"evidence":{"total":2,"events":["e-1"],"windows":[]},)"
         R"("because":{"zh":"共2件","en":"2 of them"},"next":[{"at":"2026-04-04T02:03:04.5Z","text":"2026-04-04 10:03:04.5 green"}],"duty":null})";
}

TEST(Discretion, TellsCountsFromThreeReportersOn) {
  const auto program = compile(kPack);
  const Discretion discretion(*program);
  const std::string told =
      discretion.warning(warning("counted", R"("complaints":4,"reporters":3,"twice":8)"));
  EXPECT_EQ(told,
            R"({"id":"w","unit":"u","rule":"counted","title":{"zh":"题","en":"T"},"key":null,)"
            R"("from":"green","to":"yellow","cause":"event","time":"2026-03-04T16:00:00Z",)"
            R"("rules":")" +
                hash_text(*program) +
                R"(","values":{"complaints":4,"reporters":3,"twice":8},"why":[{"clause":"x"}],)"
                R"("because":{"zh":"共2件","en":"2 of them"},"next":[{"at":"2026-04-03T16:00:00Z",)"
                R"("text":"2026-04-04 green"}],"duty":null})");
  const std::string withheld =
      discretion.warning(warning("counted", R"("complaints":4,"reporters":2,"twice":8)"));
  EXPECT_EQ(
      withheld,
      R"x({"id":"w","unit":"u","rule":"counted","title":{"zh":"题","en":"T"},"key":null,)x"
      R"x("from":"green","to":"yellow","time":"2026-03-04T16:00:00Z","rules":")x" +
          hash_text(*program) +
          R"x(","values":{},)x"
          R"x("because":{"zh":"题（举报人不足三人或未知，不显示件数）",)x"
          R"x("en":"T (fewer than 3 reporters, or not known: no counts are shown)"},"duty":null,)x"
          R"x("withheld":"reporters"})x");
}

// The same rule of another pack may have looked at other events.
TEST(Discretion, DoesNotTellWhatAnotherPackCounted) {
  const Discretion discretion(*compile(kPack));
  for (const char* rule : {"counted", "open"}) {
    const std::string text = discretion.warning(warning(rule, R"("visits":5)", "another"));
    EXPECT_NE(text.find(R"("values":{})"), std::string::npos) << text;
    EXPECT_EQ(text.find("共2件"), std::string::npos) << text;
  }
}

// An average over three people says little of one of them; the newest one's time says all.
TEST(Discretion, NeverTellsWhenOneEventWas) {
  const Discretion discretion(*compile(kPack));
  const std::string text =
      discretion.warning(warning("newest", R"("newest":7,"complaints":9,"reporters":9)"));
  EXPECT_NE(text.find(R"("values":{"complaints":9,"reporters":9})"), std::string::npos) << text;
}

TEST(Discretion, DoesNotTellWhatNobodyCountsReportersOf) {
  const Discretion discretion(*compile(kPack));
  const std::string bare = discretion.warning(warning("bare", R"("complaints":9,"visits":5)"));
  EXPECT_NE(bare.find(R"("values":{"visits":5})"), std::string::npos) << bare;
  EXPECT_EQ(bare.find("共2件"), std::string::npos);
  const std::string other =
      discretion.warning(warning("other_window", R"("lately":1,"reporters":9)"));
  EXPECT_NE(other.find(R"("values":{"reporters":9})"), std::string::npos) << other;
  for (const char* rule : {"wide", "a_rule_of_another_pack"}) {
    const std::string text = discretion.warning(warning(rule, R"("everything":9)"));
    EXPECT_NE(text.find(R"("values":{})"), std::string::npos) << text;
  }
}

// Whatever the shipped pack counts about complaints is for three reporters and more.
TEST(Discretion, TheComplaintsPackShowsNoCountOfFew) {
  const auto texts = read_pack_texts(LIANQING_SOURCE_DIR "/rules/packs/complaints");
  ASSERT_TRUE(texts) << texts.error().what;
  const auto compiled = compile_pack(texts->files, texts->calendars);
  ASSERT_TRUE(compiled);
  const auto& program = *compiled;
  const Discretion discretion(*program);
  for (const Rule& rule : program->rules) {
    if (rule.id == "service_limit_used") continue;  // is about dealings with business
    std::string values;
    for (const std::uint32_t m : rule.measures) {
      values += (values.empty() ? "\"" : ",\"") + program->measures[m].name + "\":2";
    }
    const std::string text = discretion.warning(warning(rule.id, values, hash_text(*program)));
    EXPECT_NE(text.find(R"("withheld":"reporters")"), std::string::npos) << rule.id << values;
    for (const std::uint32_t m : rule.measures) {
      const std::string& name = program->measures[m].name;
      // What chased the unit is a notice that it got.
      if (name.find("complain") == std::string::npos || name == "complaint_chased") continue;
      EXPECT_EQ(text.find("\"" + name + "\":2"), std::string::npos) << text;
    }
  }
}

TEST(Discretion, LeavesTheRestAsItIsButForTimesOfDayAndIdsOfEvents) {
  const Discretion discretion(*compile(kPack));
  const std::string text = discretion.warning(warning("open", R"("visits":5)"));
  EXPECT_NE(text.find(R"("time":"2026-03-04T16:00:00Z","rules")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("values":{"visits":5},"why":[{"clause":"x"}],"because")"),
            std::string::npos);
  EXPECT_EQ(text.find("e-1"), std::string::npos);
  EXPECT_EQ(discretion.warning("not a warning"), "{}");
}

TEST(Discretion, TellsDaysOnly) {
  const Discretion discretion(*compile(kPack));
  const auto days = [&](std::string_view text) { return discretion.days_only(text); };
  EXPECT_EQ(days(R"(["2026-03-05T23:59:59.123456Z"])"), R"(["2026-03-05T16:00:00Z"])");
  EXPECT_EQ(days(R"("2026-03-05T10:00:00+08:00","a-b")"), R"("2026-03-04T16:00:00Z","a-b")");
  EXPECT_EQ(days("自 2026-11-24 17:03:38.5 起，2026-12-24 24:00，2026-12-25"),
            "自 2026-11-24 起，2026-12-24，2026-12-25");
  EXPECT_EQ(days("2026-11-24 17:03-2026-11-25 18:04"), "2026-11-24-2026-11-25");
  EXPECT_EQ(days("-1 -- 2026- c-2026-03-05T10 w-0123"), "-1 -- 2026- c-2026-03-05T10 w-0123");
  EXPECT_EQ(days(""), "");
  const Instant t = *parse_rfc3339("2026-03-05T02:03:04Z");
  EXPECT_EQ(discretion.start_of_day(t), *parse_rfc3339("2026-03-04T16:00:00Z"));
  EXPECT_EQ(discretion.end_of_day(t), *parse_rfc3339("2026-03-05T15:59:59.999999Z"));
}

}  // namespace
}  // namespace lianqing
