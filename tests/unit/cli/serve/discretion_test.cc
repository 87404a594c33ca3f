#include "cli/serve/discretion.h"

#include <gtest/gtest.h>

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
rules:
  counted: {title: {zh: 甲, en: A}, because: "{complaints} {reporters} {twice}", yellow: "complaints >= 1"}
  bare: {title: {zh: 乙, en: B}, because: "{complaints} {visits}", yellow: "complaints >= 1"}
  other_window: {title: {zh: 丙, en: C}, because: "{lately} {reporters}", yellow: "lately >= 1"}
  open: {title: {zh: 丁, en: D}, because: "{visits}", yellow: "visits >= 1"}
  wide: {title: {zh: 戊, en: E}, because: "{everything}", yellow: "everything >= 1"}
)";

std::string warning(const std::string& rule, const std::string& values) {
  return R"({"id":"w","unit":"u","rule":")" + rule +
         R"(","title":{"zh":"题","en":"T"},"key":null,"from":"green","to":"yellow","cause":"event",)"
         R"("time":"2026-03-05T02:03:04Z","seq":7,"late_by":null,"rules":"h","values":{)" +
         values +
         R"(},"why":[{"clause":"x"}],"evidence":{"total":2,"events":["e-1"],"windows":[]},)"
         R"("because":{"zh":"共2件","en":"2 of them"},"next":[{"kind":"steady"}],"duty":null})";
}

TEST(Discretion, TellsCountsFromThreeReportersOn) {
  const auto program = compile(kPack);
  const Discretion discretion(*program);
  const std::string told =
      discretion.warning(warning("counted", R"("complaints":4,"reporters":3,"twice":8)"));
  EXPECT_EQ(
      told,
      R"({"id":"w","unit":"u","rule":"counted","title":{"zh":"题","en":"T"},"key":null,)"
      R"("from":"green","to":"yellow","cause":"event","time":"2026-03-04T16:00:00Z",)"
      R"("rules":"h","values":{"complaints":4,"reporters":3,"twice":8},"why":[{"clause":"x"}],)"
      R"("because":{"zh":"共2件","en":"2 of them"},"next":[{"kind":"steady"}],"duty":null})");
  const std::string withheld =
      discretion.warning(warning("counted", R"("complaints":4,"reporters":2,"twice":8)"));
  EXPECT_EQ(
      withheld,
      R"x({"id":"w","unit":"u","rule":"counted","title":{"zh":"题","en":"T"},"key":null,)x"
      R"x("from":"green","to":"yellow","time":"2026-03-04T16:00:00Z","rules":"h","values":{},)x"
      R"x("because":{"zh":"题（举报人不足三人或未知，不显示件数）",)x"
      R"x("en":"T (fewer than 3 reporters, or not known: no counts are shown)"},"duty":null,)x"
      R"x("withheld":"reporters"})x");
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

TEST(Discretion, LeavesTheRestAsItIsButForTheIdsOfEvents) {
  const Discretion discretion(*compile(kPack));
  const std::string text = discretion.warning(warning("open", R"("visits":5)"));
  EXPECT_NE(text.find(R"("time":"2026-03-05T02:03:04Z","seq":7)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("values":{"visits":5},"why":[{"clause":"x"}],"because")"),
            std::string::npos);
  EXPECT_EQ(text.find("e-1"), std::string::npos);
  EXPECT_EQ(discretion.warning("not a warning"), "{}");
}

TEST(Discretion, ComplaintsHaveADayOnly) {
  const Discretion discretion(*compile(kPack));
  const Instant t = *parse_rfc3339("2026-03-05T02:03:04Z");
  EXPECT_EQ(discretion.coarse("counted", t), *parse_rfc3339("2026-03-04T16:00:00Z"));
  EXPECT_EQ(discretion.coarse("open", t), t);
}

}  // namespace
}  // namespace lianqing
