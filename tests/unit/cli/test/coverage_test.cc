#include "cli/test/coverage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/test/suite.h"

namespace lianqing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What a pack's tests leave out, in English.
std::vector<std::string> gaps_of(const std::string& rules, const std::string& tests) {
  Suite suite;
  suite.pack.files = {{"pack.yaml", "version: 1\npack: {id: p}\n" + rules}};
  suite.test_files = {
      {"pack.test.yaml", "version: 1\ndefaults: {start: 2026-01-05, unit: u}\ntests:\n" + tests}};
  compile_suite(suite);
  EXPECT_THAT(suite.findings, IsEmpty());
  std::vector<const SuiteTest*> all;
  for (const SuiteTest& test : suite.tests) all.push_back(&test);
  Coverage coverage;
  run_tests(all, 2, &coverage);
  std::vector<std::string> out;
  for (const Gap& gap : gaps(coverage, *suite.program)) out.push_back(gap.what.en);
  return out;
}

constexpr const char* kCount =
    "measures: {n: {count: a, over: 1d}}\nrules: {r: {yellow: n >= 2}}\n";

std::string test(const std::string& events, const std::string& expect = "timeline: []") {
  static int number = 0;
  return "  - {name: t" + std::to_string(++number) + ", events: [" + events +
         "], expect: [{rule: r, " + expect + "}]}\n";
}

TEST(Coverage, IsCompleteWhenALimitIsMetFromBothSides) {
  EXPECT_THAT(gaps_of(kCount, test("{at: +0h x2, type: a}, {at: +2d, type: a}")), IsEmpty());
}

TEST(Coverage, NamesWhatNoTestShows) {
  EXPECT_THAT(gaps_of(kCount, test("{at: +0h, type: a}")),
              ElementsAre("yellow is never entered", "yellow is never left",
                          "yellow.enter n >= 2 is never tried at exactly 2"));
  EXPECT_THAT(
      gaps_of(kCount, test("{at: +0h x3, type: a}")),
      ElementsAre("yellow is never left",
                  "yellow.enter n >= 2 is never tried at exactly 2, nor a step (1) beside it"));
}

TEST(Coverage, CountsOnlyTestsThatExpectSomethingOfTheRule) {
  EXPECT_THAT(
      gaps_of("measures: {n: {count: a}}\nrules: {r: {yellow: n >= 1}, s: {red: n >= 1}}\n",
              test("{at: +0h, type: a}")),
      ElementsAre("yellow is never left", "yellow.enter n >= 1 is never tried a step (1) beside it",
                  "no test expects anything of it"));
}

TEST(Coverage, AsksForNeedsToBeFalse) {
  const std::string rules =
      "measures: {n: {count: a, over: 1d}}\nrules: {r: {needs: n != 1, red: n > 1}}\n";
  EXPECT_THAT(gaps_of(rules, test("{at: +0h x2, type: a}, {at: +1d x2, type: a}")),
              ElementsAre("red is never left", "needs is never false (grey)",
                          "needs n != 1 is never tried at exactly 1",
                          "red.enter n > 1 is never tried at exactly 1"));
}

TEST(Coverage, AnAgeIsJudgedWhenItMeetsItsLimit) {
  EXPECT_THAT(gaps_of("measures: {n: {age: a}}\nrules: {r: {yellow: n >= 45}}\n",
                      test("{at: +0h, type: a}, {at: +46d, type: a}")),
              IsEmpty());
}

TEST(Coverage, AConditionWithoutALimitIsToBeTrueAndFalse) {
  const std::string rules =
      "measures: {n: {last: x, of: a}, m: {last: y, of: a}}\nrules: {r: {red: n > m}}\n";
  EXPECT_THAT(
      gaps_of(rules, test("{at: +0h, type: a, data: {x: 1, y: 5}}")),
      ElementsAre("red is never entered", "red is never left", "red.enter n > m is never true"));
}

TEST(Coverage, AMissingValueIsSeenWhereItIsAskedFor) {
  const std::string rules =
      "measures: {n: {last: x, of: a}}\nrules: {r: {red: n == null or n > 4}}\n";
  EXPECT_THAT(gaps_of(rules, test("{at: +0h, type: a}, {at: +1h, type: a, data: {x: 4}}, "
                                  "{at: +2h, type: a, data: {x: 5}}")),
              IsEmpty());
}

TEST(Coverage, AStepIsThatOfTheLastDecimal) {
  LimitSeen seen;
  seen.limit = Number::ratio(85, 100);
  EXPECT_EQ(seen.step(), Number::ratio(1, 100));
  seen.limit = Number(90);
  EXPECT_EQ(seen.step(), Number(1));
}

}  // namespace
}  // namespace lianqing
