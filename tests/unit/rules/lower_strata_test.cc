#include <gtest/gtest.h>

#include "rules/lower.h"
#include "tests/support/compiled.h"

namespace lianqing {
namespace {

using Names = std::vector<std::string>;

Names covers(const Program& program, std::string_view name) {
  const Measure& m = measure(program, name);
  const auto& indices = m.warnings != kNone ? program.warnings[m.warnings].covers
                                            : program.roll_ups[m.roll_up].covers;
  Names out;
  for (const std::uint32_t i : indices) out.push_back(program.rules[i].id);
  return out;
}

constexpr const char* kPack =
    "version: 1\npack: {id: p}\nmeasures:\n"
    "  n: {count: a}\n"
    "  all: {warnings: active}\n"
    "  grouped: {units: children, count: \"level == 'red'\", group: g}\n"
    "  named: {warnings: count, rules: [shady, top, two]}\n"
    "  both: {warnings: active, rules: [one]}\n"
    "  narrow: {warnings: active, where: \"rule == 'two'\"}\n"
    "  plain: {units: children, max: n}\n"
    "  index: {value: \"all + named\"}\n"
    "rules:\n"
    "  one: {group: g, yellow: \"n > 1\"}\n"
    "  two: {yellow: \"n > 2\"}\n"
    "  shady: {status: shadow, group: g, yellow: \"n > 3\"}\n"
    "  past: {status: retired, group: g, yellow: \"n > 3\"}\n"
    "  sketch: {status: draft, yellow: \"n > 3\"}\n"
    "  top: {group: g, red: \"all >= 2 or grouped > 1 or narrow > 0\"}\n"
    "  over: {red: \"index >= 2 or both > 1 or plain > 3\"}\n"
    "  sum: {yellow: \"plain > 5\"}\n";

TEST(Strata, HintsAreCoveredIfTheyAreAskedFor) {
  const auto program = compile(
      "version: 1\npack: {id: p}\n"
      "colours: {extra: {blue: {base: green}, orange: {base: yellow}}}\nmeasures:\n"
      "  n: {count: a}\n"
      "  all: {warnings: active}\n"
      "  grouped: {warnings: active, group: g}\n"
      "  named: {warnings: active, rules: [hint]}\n"
      "rules:\n"
      "  hint: {group: g, show: {yellow: blue}, yellow: \"n > 1\"}\n"
      "  half: {show: {yellow: blue}, yellow: \"n > 1\", red: \"n > 2\"}\n"
      "  deep: {show: {yellow: orange}, yellow: \"n > 1\"}\n"
      "  top: {red: \"all + grouped + named > 3\"}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(covers(*program, "all"), (Names{"deep", "half"}));
  EXPECT_EQ(covers(*program, "grouped"), (Names{"hint"}));
  EXPECT_EQ(covers(*program, "named"), (Names{"hint"}));
}

TEST(Strata, WhoIsCovered) {
  const auto program = compile(kPack);
  ASSERT_TRUE(program);
  EXPECT_EQ(covers(*program, "all"), (Names{"one", "sum", "two"}));
  EXPECT_EQ(covers(*program, "narrow"), (Names{"one", "sum", "two"}));
  EXPECT_EQ(covers(*program, "grouped"), (Names{"one"}));
  EXPECT_EQ(covers(*program, "named"), (Names{"shady", "top", "two"}));
  EXPECT_EQ(covers(*program, "both"), (Names{"one"}));
  EXPECT_TRUE(program->roll_ups[measure(*program, "plain").roll_up].covers.empty());
}

TEST(Strata, RulesComeAfterWhatTheyRead) {
  const auto program = compile(kPack);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->strata, 3U);
  EXPECT_EQ(rule(*program, "one").stratum, 0U);
  EXPECT_EQ(rule(*program, "sum").stratum, 0U) << "other units' measures are no levels";
  EXPECT_EQ(rule(*program, "top").stratum, 1U);
  EXPECT_EQ(rule(*program, "over").stratum, 2U);
  EXPECT_EQ(measure(*program, "n").stratum, 0U);
  EXPECT_EQ(measure(*program, "plain").stratum, 0U);
  EXPECT_EQ(measure(*program, "all").stratum, 1U);
  EXPECT_EQ(measure(*program, "named").stratum, 2U);
  EXPECT_EQ(measure(*program, "index").stratum, 2U);
}

TEST(Strata, ACircleOfOneIsACircle) {
  const SourceText text{"p.yaml",
                        "version: 1\npack: {id: p}\nmeasures: {m: {warnings: active, rules: [r]}}\n"
                        "rules: {r: {yellow: \"m > 1\"}}\n"};
  const auto program = compile_pack({&text, 1}, {});
  ASSERT_FALSE(program);
  ASSERT_FALSE(program.error().empty());
  EXPECT_EQ(program.error()[0].code, "R190");
  EXPECT_NE(program.error()[0].message.en.find("r -> r"), std::string::npos);
}

TEST(Strata, APackWithoutLevelsReadHasOne) {
  const auto program = measures("  n: {count: a}\n", "n > 1");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->strata, 1U);
}

}  // namespace
}  // namespace lianqing
