#include "engine/route.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

std::uint32_t type_of(const Program& program, std::string_view name) {
  for (std::uint32_t i = 0; i < program.types.size(); ++i) {
    if (program.types[i].name == name) return i;
  }
  return kNone;
}

TEST(Route, AConstantDemandOfAFieldSelectsTheStreams) {
  const auto program = pack(
      "measures:\n"
      "  a: {count: e, where: \"kind == 'a' and x > 1\"}\n"
      "  b: {count: e, where: \"x > 1 and kind in ['b', 'c']\"}\n"
      "  c: {count: e, where: \"kind == 'a' or x > 1\"}\n"
      "  d: {count: e}\n"
      "rules: {r: {title: R, yellow: \"a + b + c + d >= 1\"}}\n");
  const Route route(*program);
  const TypeRoute& e = route.of_type(type_of(*program, "e"));
  EXPECT_EQ(e.streams.size(), 2U);  // c and d
  ASSERT_EQ(e.discriminators.size(), 1U);
  EXPECT_EQ(e.discriminators[0].streams.size(), 3U);  // 'a', 'b', 'c'
}

TEST(Route, UnnamedTypesMeetTheStreamsOverAll) {
  const auto program = pack(
      "measures: {any: {count: \"*\"}, n: {count: e}}\n"
      "rules: {r: {title: R, yellow: \"any + n >= 3\"}}\n");
  const Route route(*program);
  EXPECT_EQ(route.of_type(kNone).streams.size(), 1U);
  EXPECT_EQ(route.of_type(type_of(*program, "e")).streams.size(), 2U);
  EXPECT_EQ(run(program, {event("1", "u", "e", "2026-03-05T10:00:00Z"),
                          event("2", "u", "unheard of", "2026-03-05T11:00:00Z")})
                .lines(),
            std::vector<std::string>{"2026-03-05T11:00:00Z u r green>yellow event"});
}

TEST(Route, LeadsFromAMeasureToItsRulesThroughValues) {
  const auto program = pack(
      "measures: {n: {count: e}, twice: {value: \"2 * n\"}, more: {value: \"twice + 1\"}}\n"
      "rules:\n"
      "  draft: {title: D, status: draft, yellow: \"n >= 1\"}\n"
      "  direct: {title: A, yellow: \"n >= 1\"}\n"
      "  through: {title: B, yellow: \"more >= 1\"}\n");
  const Route route(*program);
  const auto n = std::find_if(program->measures.begin(), program->measures.end(),
                              [](const Measure& m) { return m.name == "n"; });
  ASSERT_NE(n, program->measures.end());
  EXPECT_EQ(route.window_rules[n->window].size(), 2U);
  EXPECT_EQ(route.judged_rules.size(), 2U);
  EXPECT_EQ(route.unkeyed_rules.size(), 2U);
}

TEST(Route, ItemsAreFedInAllTheirRoles) {
  const auto program = pack(
      "items: {t: {key: id, open: o, close: [c, both], due: due, extend: {event: both, where: "
      "\"ok\", due: due}}}\n"
      "measures: {n: {open: t}, k: {open: t, per: kind}, rate: {on_time_rate: t, over: 9d}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1 or rate < 1\"}, s: {title: S, yellow: \"k >= "
      "1\"}}\n");
  const Route route(*program);
  const TypeRoute& both = route.of_type(type_of(*program, "both"));
  ASSERT_EQ(both.items.size(), 1U);
  EXPECT_TRUE(both.items[0].closes);
  EXPECT_TRUE(both.items[0].extends);
  EXPECT_FALSE(both.items[0].opens);
  EXPECT_EQ(route.item_views[0].size(), 3U);
}

}  // namespace
}  // namespace lianqing
