#include "rules/measures/lowering.h"

#include <gtest/gtest.h>

#include "rules/canonical.h"
#include "tests/support/compiled.h"

namespace lianqing {
namespace {

std::vector<std::string> types(const Program& program, const std::vector<std::uint32_t>& indices) {
  std::vector<std::string> out;
  for (const std::uint32_t i : indices) out.push_back(program.types[i].name);
  return out;
}

using Names = std::vector<std::string>;

TEST(LowerSequence, TwoStepsAreACountOfMatches) {
  const auto program = measures(
      "  n: {sequence: [a, {type: [b, c], where: \"f > 1\"}], on: id, within: w, without: d, over: "
      "90d, where: \"g == 2\", per: kind}\n",
      "n > 1", "params: {w: 10 workdays}\n");
  ASSERT_TRUE(program);
  const Measure& n = measure(*program, "n");
  EXPECT_EQ(n.aggregate, Aggregate::count);
  EXPECT_TRUE(n.keyed);
  EXPECT_EQ(program->slots[n.key].path, "kind");
  EXPECT_EQ(window_of(*program, "n").span.over, days(90));
  const Stream& stream = program->streams[window_of(*program, "n").stream];
  EXPECT_EQ(stream.source, StreamSource::sequence_matches);
  EXPECT_EQ(stream.where, kNone);
  const Sequence& sequence = program->sequences[stream.sequence];
  ASSERT_EQ(sequence.steps.size(), 2U);
  EXPECT_EQ(types(*program, sequence.steps[0].types), (Names{"a"}));
  EXPECT_EQ(types(*program, sequence.steps[1].types), (Names{"b", "c"}));
  EXPECT_EQ(sequence.within, (Span{true, 10}));
  EXPECT_EQ(program->slots[sequence.on].path, "id");
  ASSERT_TRUE(sequence.without);
  EXPECT_EQ(types(*program, sequence.without->types), (Names{"d"}));
  EXPECT_EQ(sequence.without->where, sequence.steps[0].where) << "where is of all of them";
  // Both conditions hold of the second step.
  EXPECT_EQ(canonical_text(*program, program->exprs[sequence.steps[0].where]),
            " (== (field 1:g) (constant 2 2 1))");
  EXPECT_EQ(canonical_text(*program, program->exprs[sequence.steps[1].where]),
            " (and (> (field 1:f) (constant 2 1 1)) (== (field 1:g) (constant 2 2 1)))");
}

TEST(LowerSequence, ConditionsWithListsAndPatternsAreJoined) {
  const auto program = measures(
      "  n: {sequence: [{type: a, where: \"f in ['x', 'y'] and f.matches('^x') and round(h, 2) > "
      "1\"}, b], where: \"g in ['z'] and g.matches('z$')\"}\n",
      "n > 1");
  ASSERT_TRUE(program);
  const std::string own =
      "(and (and (in (field 1:f) (list 3 1:x 3 1:y)) (matches (field 1:f) 2:^x)) (> (round "
      "(field 1:h) (constant 2 2 1)) (constant 2 1 1)))";
  EXPECT_EQ(canonical_text(*program, program->exprs[program->sequences[0].steps[0].where]),
            " (and " + own + " (and (in (field 1:g) (list 3 1:z)) (matches (field 1:g) 2:z$)))");
}

TEST(LowerSequence, OneStepIsAnAbsence) {
  const auto program = measures(
      "  n: {sequence: a, without: {type: b, where: \"f\"}, within: 15 workdays}\n"
      "  m: {sequence: [a], without: {type: [b], where: \"f\"}, within: 15 workdays, over: "
      "month}\n",
      "n + m > 1");
  ASSERT_TRUE(program);
  ASSERT_EQ(program->sequences.size(), 1U) << "equal sequences are shared";
  EXPECT_EQ(program->sequences[0].steps.size(), 1U);
  EXPECT_NE(program->sequences[0].without->where, kNone);
  EXPECT_EQ(program->streams.size(), 1U);
  EXPECT_EQ(program->windows.size(), 2U);
}

TEST(LowerPeers, LooksAtAMeasureOfOthers) {
  const auto program = measures(
      "  n: {count: a, over: 30d}\n  q3: {peers: n, stat: q3, every: month}\n"
      "  place: {peers: n, stat: rank, among: district, every: p, empty: 0}\n",
      "n > q3 * 1.5 or place == 1", "params: {p: week}\n");
  ASSERT_TRUE(program);
  const PeerView& q3 = program->peers[measure(*program, "q3").peers];
  EXPECT_EQ(program->measures[q3.subject].name, "n");
  EXPECT_EQ(q3.stat, PeerStat::q3);
  EXPECT_EQ(q3.every, Period::month);
  EXPECT_EQ(program->unit_attributes[q3.among], "peer_group");
  const PeerView& place = program->peers[measure(*program, "place").peers];
  EXPECT_EQ(place.every, Period::week);
  EXPECT_EQ(program->unit_attributes[place.among], "district");
  EXPECT_EQ(measure(*program, "place").empty, (Cell{CellTag::number, 1, 0}));
  EXPECT_EQ(measure(*program, "q3").stratum, 0U);
}

TEST(LowerRollUp, ReadsMeasuresAttributesAndLevels) {
  const auto program = measures(
      "  n: {count: a}\n  worst: {units: descendants, max: n}\n"
      "  staff: {units: children, sum: \"unit.staff + limit\"}\n"
      "  bad: {units: children, share: \"level in ['yellow', 'red'] or n > limit\"}\n",
      "worst + staff > 1", "params: {limit: 3}\n");
  ASSERT_TRUE(program);
  const RollUp& worst = program->roll_ups[measure(*program, "worst").roll_up];
  EXPECT_EQ(worst.scope, RollUpScope::descendants);
  EXPECT_EQ(worst.how, RollUpHow::maximum);
  EXPECT_FALSE(worst.uses_level);
  EXPECT_TRUE(worst.covers.empty());
  const RollUp& bad = program->roll_ups[measure(*program, "bad").roll_up];
  EXPECT_EQ(bad.how, RollUpHow::share);
  EXPECT_TRUE(bad.uses_level);
  EXPECT_EQ(program->roll_ups[measure(*program, "staff").roll_up].how, RollUpHow::sum);
}

TEST(LowerRollUp, AgesAreJudgedWhereTheyCanMatter) {
  const auto program = measures(
      "  a: {age: x}\n  b: {age: y}\n  n: {units: children, count: \"a >= 45\"}\n"
      "  m: {peers: b, stat: median, every: day}\n",
      "n + m > 1");
  ASSERT_TRUE(program);
  EXPECT_EQ(measure(*program, "a").thresholds, (std::vector<std::int64_t>{45}));
  EXPECT_TRUE(measure(*program, "b").thresholds.empty());
}

TEST(LowerWarnings, CountsOverTimeOrNow) {
  const auto program = compile(
      "version: 1\npack: {id: p}\nparams: {w: 365d}\n"
      "measures:\n  n: {count: a}\n"
      "  yellows: {warnings: count, where: level == 'yellow', over: w, offset: 1d, distinct: "
      "rule}\n"
      "  now: {warnings: active, rules: [r, s]}\n"
      "rules:\n  r: {yellow: \"n > 1\"}\n  s: {yellow: \"n > 2\"}\n"
      "  t: {red: \"yellows >= 2 or now > 1\"}\n");
  ASSERT_TRUE(program);
  const WarningView& yellows = program->warnings[measure(*program, "yellows").warnings];
  EXPECT_FALSE(yellows.active);
  EXPECT_EQ(yellows.distinct, WarningAttribute::rule);
  EXPECT_EQ(yellows.span.over, days(365));
  EXPECT_EQ(yellows.span.offset, days(1));
  EXPECT_EQ(canonical_text(*program, program->exprs[yellows.where]),
            " (== (warning 0) (constant 3 6:yellow))");
  EXPECT_TRUE(program->warnings[measure(*program, "now").warnings].active);
}

TEST(LowerFar, EntersTheHash) {
  auto hash = [](const std::string& text) {
    const auto program =
        measures("  m: {count: a}\n  k: {count: b}\n  n: " + text + "\n", "n + m + k > 1");
    return program ? program->hash : std::array<std::uint8_t, 32>{};
  };
  const std::vector<std::string> all = {
      "{sequence: [a, b], within: 30d}",
      "{sequence: [a, b], within: 31d}",
      "{sequence: [a, b], within: 30d, on: f}",
      "{sequence: [a, b], within: 30d, without: c}",
      "{peers: m, stat: median, every: day}",
      "{peers: m, stat: mean, every: day}",
      "{peers: m, stat: median, every: week}",
      "{peers: k, stat: median, every: day}",
      "{peers: m, stat: median, every: day, among: g}",
      "{units: children, max: m}",
      "{units: children, sum: m}",
      "{units: descendants, max: m}",
      "{units: children, max: k}",
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(hash(all[i]), hash(all[j])) << all[i] << all[j];
  }
}

}  // namespace
}  // namespace lianqing
