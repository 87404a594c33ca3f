#include "cli/test/mutants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lianqing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Every mutant as `line: before -> after`, each checked to stand where it says.
std::vector<std::string> found(const std::string& text, std::uint32_t layer = 0) {
  const TestedTexts pack{{{"pack.yaml", text, layer}}, {}};
  std::vector<std::string> out;
  for (const Mutant& mutant : mutants_of(pack)) {
    EXPECT_EQ(text.substr(mutant.byte, mutant.before.size()), mutant.before);
    out.push_back(std::to_string(mutant.at.line) + ": " + mutant.before + " -> " + mutant.after);
  }
  return out;
}

TEST(Mutants, StepNumbersByTheirLastDigit) {
  EXPECT_THAT(found("params:\n  a: 3\n  b: {value: 0.85, min: 0, max: 1}\n  c: {value: 1.0}"),
              ElementsAre("2: 3 -> 4", "2: 3 -> 2", "3: 0.85 -> 0.86", "3: 0.85 -> 0.84",
                          "4: 1.0 -> 1.1", "4: 1.0 -> 0.9"));
}

TEST(Mutants, StepLengthsOfTimeAndNoneBelowZero) {
  EXPECT_THAT(found("measures:\n  n: {count: a, over: 30d}\n  m: {count: a, over: 5 workdays}"),
              ElementsAre("2: 30d -> 31d", "2: 30d -> 29d", "3: 5 workdays -> 6 workdays",
                          "3: 5 workdays -> 4 workdays"));
  EXPECT_THAT(found("rules:\n  r: {yellow: {enter: a, hold: 0d}}"), ElementsAre("2: 0d -> 1d"));
  EXPECT_THAT(found("measures:\n  n: {count: a, over: month, offset: 1 month}"),
              ElementsAre("2: 1 month -> 2 month", "2: 1 month -> 0 month"));
}

TEST(Mutants, TurnComparisons) {
  EXPECT_THAT(found("rules:\n  r: {red: \"a >= b or c == 'x'\", needs: a < b}"),
              ElementsAre("2: >= -> >", "2: >= -> <", "2: == -> !=", "2: < -> <=", "2: < -> >="));
}

TEST(Mutants, LeaveWhatDecidesNothing) {
  EXPECT_THAT(found("version: 1\npack: {id: p3}\nlists: {l: [1, 2]}\nduties: {d: {within: 3d}}\n"
                    "rules:\n  r:\n    title: 3 >= 2\n    because: {zh: \"{n|1} 3d\"}\n"
                    "    basis: 2\n    allow: [{code: R201, reason: 3 < 4}]\n    from: 2026-01-01\n"
                    "measures:\n  n3: {count: hotline_12345}\n"),
              IsEmpty());
  EXPECT_THAT(found("params: {a: 3}", 1), IsEmpty());  // what the pack extends is not its own
}

TEST(Mutants, ARuleMayHaveTheNameOfAKey) {
  EXPECT_THAT(found("rules:\n  title: {red: n > 1}"),
              ElementsAre("2: > -> >=", "2: > -> <=", "2: 1 -> 2", "2: 1 -> 0"));
}

TEST(Mutants, AreFoundInFoldedAndChineseText) {
  EXPECT_THAT(
      found("rules:\n  规则:\n    red: >-\n      投诉量\n      >= 12\n    yellow: \"投诉 > 4\""),
      ElementsAre("5: >= -> >", "5: >= -> <", "5: 12 -> 13", "5: 12 -> 11",
                  "6: > -> >=", "6: > -> <=", "6: 4 -> 5", "6: 4 -> 3"));
  EXPECT_THAT(found("rules:\n  r:\n    red: \"n\n      > 1\""),
              ElementsAre("4: > -> >=", "4: > -> <=", "4: 1 -> 2", "4: 1 -> 0"));
}

}  // namespace
}  // namespace lianqing
