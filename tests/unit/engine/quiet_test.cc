#include "engine/quiet.h"

#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

// `sums at`, in millionths, of the rule of a pack with one.
std::vector<std::pair<bool, std::int64_t>> cuts(const std::string& rule,
                                                const std::string& params = {}) {
  const auto program = pack(params +
                            "measures:\n"
                            "  n: {count: e, over: 7d}\n"
                            "  s: {sum: x, of: e, over: 7d}\n"
                            "  mean: {avg: x, of: e, over: 7d}\n"
                            "  after: {sequence: [a, b], within: 3d, over: 7d}\n"
                            "rules:\n  r: {title: R, " +
                            rule + "}\n");
  std::vector<std::pair<bool, std::int64_t>> out;
  const auto found = cuts_of(*program, program->rules.front());
  if (!found) return {{false, -1}};
  for (const Cut& cut : *found) out.emplace_back(cut.sums, static_cast<std::int64_t>(cut.at));
  return out;
}

using Cuts = std::vector<std::pair<bool, std::int64_t>>;
const Cuts kLoud{{false, -1}};

TEST(Quiet, CutsLieWhereAComparisonTurns) {
  EXPECT_EQ(cuts("red: \"n >= 3\""), (Cuts{{false, 3'000'000}}));
  EXPECT_EQ(cuts("red: \"n > 3\""), (Cuts{{false, 3'000'001}}));
  EXPECT_EQ(cuts("red: \"n < 3\""), (Cuts{{false, 3'000'000}}));
  EXPECT_EQ(cuts("red: \"n <= 3\""), (Cuts{{false, 3'000'001}}));
  EXPECT_EQ(cuts("red: \"3 < n\""), (Cuts{{false, 3'000'001}}));
  EXPECT_EQ(cuts("red: \"s == 2.5\""), (Cuts{{true, 2'500'000}, {true, 2'500'001}}));
  EXPECT_EQ(cuts("red: \"s > -0.5\""), (Cuts{{true, -499'999}}));
  EXPECT_EQ(cuts("red: \"s >= limit\"", "params: {limit: {value: 1.5}}\n"),
            (Cuts{{true, 1'500'000}}));
}

TEST(Quiet, EveryConditionHasItsCuts) {
  EXPECT_EQ(cuts("needs: \"n >= 1\", yellow: {enter: \"s > 1 and not (n < 2)\", exit: \"s < 1\"}, "
                 "red: \"n >= 5 or s >= 9\""),
            (Cuts{{false, 1'000'000},
                  {true, 1'000'001},
                  {false, 2'000'000},
                  {true, 1'000'000},
                  {false, 5'000'000},
                  {true, 9'000'000}}));
}

TEST(Quiet, OtherConditionsAreAlwaysJudged) {
  EXPECT_EQ(cuts("red: \"mean > 3\""), kLoud);
  EXPECT_EQ(cuts("red: \"n / 2 > 3\""), kLoud);
  EXPECT_EQ(cuts("red: \"n > s\""), kLoud);
  EXPECT_EQ(cuts("red: \"after >= 1\""), kLoud);
  EXPECT_EQ(cuts("yellow: \"n >= 1\", red: \"n >= 2 and mean > 3\""), kLoud);
  EXPECT_EQ(cuts("needs: \"mean > 3\", red: \"n >= 2\""), kLoud);
  EXPECT_EQ(cuts("red: {enter: \"n >= 2\", for: 2 workdays}"), kLoud);
  EXPECT_EQ(cuts("red: {enter: \"n >= 2\", hold: 2 workdays}"), kLoud);
}

}  // namespace
}  // namespace lianqing
