#include "engine/why.h"

#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

// The tree of `enter` after three events of amounts 2, 3, 4.
WhyNode tree_of(const std::string& condition) {
  const auto program = pack(
      "params: {line: {value: 5}}\n"
      "measures: {n: {count: e}, total: {sum: x, of: e}, none: {max: y, of: e}}\n"
      "rules: {r: {title: R, yellow: \"" +
      condition + "\"}}\n");
  Machine machine(program);
  std::vector<Event> events;
  for (int i = 2; i <= 4; ++i) {
    events.push_back(event(std::to_string(i), "u", "e", "2026-03-05T10:00:00Z", {{"x", i}}));
  }
  machine.feed(events, 0, events.size());
  machine.finish();
  EXPECT_EQ(machine.ran().error, "");
  const auto unit = machine.replay().unit("u");
  const Warning warning = machine.replay().fold().explain(**unit, (*unit)->instances[0], 2);
  EXPECT_EQ(warning.why.size(), 1U);
  return warning.why[0].why;
}

TEST(Why, ALeafNamesItsOperandsAndItsMargin) {
  const WhyNode node = tree_of("n >= line - 1");
  EXPECT_TRUE(node.is_leaf());
  EXPECT_FALSE(node.verdict);
  EXPECT_EQ(node.op, ">=");
  EXPECT_EQ(node.operand, "n");
  EXPECT_EQ(std::get<Number>(node.value), Number(3));
  EXPECT_EQ(node.limit, "line - 1");
  EXPECT_EQ(std::get<Number>(node.limit_value), Number(4));
  EXPECT_EQ(node.margin, Number(-1));
}

TEST(Why, MarginsArePositiveOnTheTrueSide) {
  EXPECT_EQ(tree_of("n > 1").margin, Number(2));
  EXPECT_EQ(tree_of("n < 5").margin, Number(2));
  EXPECT_EQ(tree_of("n <= 1").margin, Number(-2));
  EXPECT_EQ(tree_of("n == 3").margin, Number(0));
  EXPECT_EQ(tree_of("n == 5").margin, Number(-2));
  EXPECT_EQ(tree_of("n != 5").margin, Number(2));
  EXPECT_EQ(tree_of("total / n >= 3.5").margin, Number::ratio(-1, 2));
  EXPECT_FALSE(tree_of("none > 1").margin.has_value());
}

TEST(Why, AFixedLeftSideIsTurnedAround) {
  const WhyNode node = tree_of("line <= n");
  EXPECT_EQ(node.op, ">=");
  EXPECT_EQ(node.operand, "n");
  EXPECT_EQ(node.limit, "line");
  EXPECT_EQ(node.margin, Number(-2));
  EXPECT_EQ(node.text, "line <= n");
  EXPECT_EQ(tree_of("5 > n").margin, Number(2));
  EXPECT_EQ(tree_of("-1 < n").op, ">");
}

TEST(Why, ChainsOfOneConnectiveAreOneNode) {
  const WhyNode node = tree_of("n > 1 and total > 1 and (n > 9 or total == 9)");
  EXPECT_EQ(node.op, "and");
  EXPECT_TRUE(node.verdict);
  ASSERT_EQ(node.all.size(), 3U);
  EXPECT_EQ(node.all[2].op, "or");
  EXPECT_FALSE(node.all[2].all[0].verdict);  // there, though it did not decide
}

TEST(Why, FlippingALeafTellsWhetherItDecides) {
  const WhyNode node = tree_of("n > 1 and not (n > 9 or total == 9)");
  EXPECT_FALSE(node.verdict);
  EXPECT_FALSE(verdict_with(node, nullptr));
  const WhyNode& either = node.all[1].all[0];
  EXPECT_FALSE(verdict_with(node, &node.all[0]));
  EXPECT_FALSE(verdict_with(node, &either.all[0]));
  EXPECT_TRUE(verdict_with(node, &either.all[1]));
}

TEST(Why, OtherConditionsAreLeavesToo) {
  const WhyNode in = tree_of("n in [3, 4]");
  EXPECT_EQ(in.op, "in");
  EXPECT_TRUE(in.verdict);
  EXPECT_EQ(in.limit, "[3, 4]");
  const WhyNode has = tree_of("has(none)");
  EXPECT_EQ(has.op, "is");
  EXPECT_FALSE(has.verdict);
}

}  // namespace
}  // namespace lianqing
