#include "engine/flat_plan.h"

#include <algorithm>

#include "engine/world.h"

namespace lianqing {
namespace {

constexpr Wide kFarBelow = -(Wide{1} << 100), kFarAbove = Wide{1} << 100;
constexpr Wide kMicro = 1'000'000;

// Quotients of whole numbers, `den` > 0.
Wide at_most(Wide num, Wide den) { return num / den - (num % den < 0 ? 1 : 0); }
Wide at_least(Wide num, Wide den) { return num / den + (num % den > 0 ? 1 : 0); }

// `value op num/den`, of whole values.
FlatTest test_of(Op op, Wide num, Wide den) {
  const Wide floor = at_most(num, den), ceiling = at_least(num, den);
  FlatTest out;
  out.low = kFarBelow;
  out.high = kFarAbove;
  switch (op) {
    case Op::greater_equal: out.low = ceiling; break;
    case Op::greater: out.low = floor + 1; break;
    case Op::less_equal: out.high = floor; break;
    case Op::less: out.high = ceiling - 1; break;
    default:
      out.low = ceiling;
      out.high = floor;  // an empty range if there is no such whole value
      out.inside = op == Op::equal;
  }
  return out;
}

class Planner {
 public:
  Planner(const Program& program, const Route& route) : program_(program), route_(route) {}

  std::optional<FlatPlan> plan() {
    if (World::needed(program_) || program_.strata != 1 || !program_.items.empty() ||
        !program_.sequences.empty() || !program_.warnings.empty()) {
      return std::nullopt;
    }
    out_.column_of.assign(program_.streams.size(), kNone);
    for (const std::uint32_t rule : route_.judged_rules) {
      if (!add(rule)) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  bool add(std::uint32_t index) {
    const Rule& rule = program_.rules[index];
    if (rule.keyed) return false;
    for (const LevelRule& level : rule.levels) {
      if (level.confirm.workdays || level.hold.workdays) return false;
    }
    FlatRule flat;
    flat.rule = index;
    for (std::uint32_t w = 0; w < program_.windows.size(); ++w) {
      const auto& readers = route_.window_rules[w];
      if (std::find(readers.begin(), readers.end(), index) == readers.end()) continue;
      const Window& window = program_.windows[w];
      if (!add_column(window.stream)) return false;
      FlatLeg leg{out_.column_of[window.stream], w, window.span.offset, std::nullopt};
      if (window.span.kind == WindowSpan::Kind::sliding) leg.over = window.span.over;
      flat.legs.push_back(leg);
    }
    for (const std::uint32_t m : rule.measures) {
      if (program_.measures[m].key != kNone) return false;
    }
    flat.quick = add_tests(rule, flat);
    out_.rules.push_back(std::move(flat));
    return true;
  }

  bool add_column(std::uint32_t index) {
    if (out_.column_of[index] != kNone) return true;
    const Stream& stream = program_.streams[index];
    if (stream.source != StreamSource::events || stream.key != kNone) return false;
    for (const std::uint32_t w : route_.stream_windows[index]) {
      const Window& window = program_.windows[w];
      const bool sums_only = (window.upkeep & ~kKeepSum) == 0;
      if (!sums_only || window.span.kind == WindowSpan::Kind::calendar || route_.clocked[w]) {
        return false;
      }
    }
    out_.column_of[index] = static_cast<std::uint32_t>(out_.streams.size());
    out_.streams.push_back(index);
    return true;
  }

  bool add_tests(const Rule& rule, FlatRule& flat) const {
    std::vector<std::uint32_t> conditions{rule.needs};
    for (const LevelRule& level : rule.levels) {
      if (level.present) conditions.insert(conditions.end(), {level.enter, level.exit});
    }
    for (const std::uint32_t expr : conditions) {
      if (expr == kNone) continue;
      const Threshold& threshold = route_.thresholds[expr];
      if (threshold.measure == kNone) return false;
      const Measure& measure = program_.measures[threshold.measure];
      const bool sums = measure.aggregate == Aggregate::sum;
      if (!sums && measure.aggregate != Aggregate::count) return false;
      FlatTest test = test_of(threshold.op, Wide{threshold.limit.num()} * (sums ? kMicro : 1),
                              threshold.limit.den());
      const auto leg = std::find_if(flat.legs.begin(), flat.legs.end(), [&](const FlatLeg& one) {
        return one.window == measure.window;
      });
      if (leg == flat.legs.end()) return false;
      test.leg = static_cast<std::uint32_t>(leg - flat.legs.begin());
      test.sums = sums;
      flat.tests.push_back(test);
    }
    return true;
  }

  const Program& program_;
  const Route& route_;
  FlatPlan out_;
};

}  // namespace

std::optional<FlatPlan> FlatPlan::of(const Program& program, const Route& route) {
  return Planner(program, route).plan();
}

}  // namespace lianqing
