#include "cli/serve/rule_costs.h"

#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

TEST(RuleCosts, ShareOutTheTimeByJudgements) {
  const auto program = pack(R"(
measures: {n: {count: complaint, over: 30d}}
rules:
  a: {yellow: "n >= 1"}
  b: {yellow: "n >= 2"}
  c: {yellow: "n >= 3"}
)");
  RuleCosts costs;
  costs.add(*program, {3, 1, 0}, 4.0);
  costs.add(*program, {0, 1, 0}, 1.0);
  costs.add(*program, {0, 0, 0}, 9.0);  // nobody was judged: nobody's time
  ASSERT_EQ(costs.all().size(), 2U);
  EXPECT_EQ(costs.all().at("a").judgements, 3U);
  EXPECT_DOUBLE_EQ(costs.all().at("a").seconds, 3.0);
  EXPECT_EQ(costs.all().at("b").judgements, 2U);
  EXPECT_DOUBLE_EQ(costs.all().at("b").seconds, 2.0);
}

}  // namespace
}  // namespace lianqing
