#include "engine/flat_plan.h"

#include <algorithm>

#include "engine/world.h"

namespace lianqing {
namespace {

constexpr std::size_t kWorthwhile = 5;  // one rule in so many, measured

class Planner {
 public:
  Planner(const Program& program, const Route& route) : program_(program), route_(route) {}

  std::optional<FlatPlan> plan() {
    if (World::needed(program_)) return std::nullopt;
    out_.column_of.assign(program_.streams.size(), kNone);
    out_.others.assign(program_.rules.size(), false);
    for (const std::uint32_t rule : route_.judged_rules) {
      if (is_flat(rule)) {
        add(rule);
      } else {
        out_.others[rule] = out_.mixed = true;
      }
    }
    // A record is then laid out twice: few flat rules do not earn that.
    if (out_.rules.size() * kWorthwhile < route_.judged_rules.size()) return std::nullopt;
    if (out_.rules.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool is_flat(std::uint32_t index) const {
    const Rule& rule = program_.rules[index];
    if (!route_.rule_views[index].empty()) return false;
    for (const LevelRule& level : rule.levels) {
      if (level.confirm.workdays || level.hold.workdays) return false;
    }
    return std::all_of(rule.measures.begin(), rule.measures.end(),
                       [this](std::uint32_t m) { return is_flat_measure(m); });
  }

  bool is_flat_measure(std::uint32_t index) const {
    const Measure& measure = program_.measures[index];
    if (measure.window != kNone) return is_flat_window(measure.window);
    return measure.aggregate == Aggregate::value &&
           std::all_of(measure.reads.begin(), measure.reads.end(),
                       [this](std::uint32_t m) { return is_flat_measure(m); });
  }

  // Whether its samples enter and leave in their order, when an event comes and at no other time
  // than theirs.
  bool is_flat_window(std::uint32_t index) const {
    const WindowSpan& span = program_.windows[index].span;
    const bool partly = span.to_date && span.periods_back > 0;
    return program_.streams[program_.windows[index].stream].source == StreamSource::events &&
           !partly && !route_.clocked[index];
  }

  void add(std::uint32_t index) {
    FlatRule flat;
    flat.rule = index;
    flat.keyed = program_.rules[index].keyed;
    for (std::uint32_t w = 0; w < program_.windows.size(); ++w) {
      const auto& readers = route_.window_rules[w];
      if (std::find(readers.begin(), readers.end(), index) == readers.end()) continue;
      flat.legs.push_back(leg(w));
      const std::uint32_t column = flat.legs.back().column;
      auto sight = std::find_if(flat.sights.begin(), flat.sights.end(),
                                [column](const FlatSight& one) { return one.column == column; });
      if (sight == flat.sights.end()) {
        const bool by_key = program_.streams[program_.windows[w].stream].key != kNone;
        sight = flat.sights.insert(sight, {column, by_key, {}});
      }
      sight->windows.push_back(w);
      flat.legs.back().sight = static_cast<std::uint32_t>(sight - flat.sights.begin());
    }
    flat.quiet = add_cuts(program_.rules[index], flat);
    flat.plain = conditions(program_.rules[index], flat);
    out_.rules.push_back(std::move(flat));
  }

  FlatLeg leg(std::uint32_t w) {
    const WindowSpan& span = program_.windows[w].span;
    FlatLeg out;
    out.column = column(program_.windows[w].stream);
    out.window = w;
    out.leaves = span.kind != WindowSpan::Kind::all;
    if (span.kind == WindowSpan::Kind::calendar) {
      out.periods = periods(out.column, w);
      out.at_once = span.periods_back == 0;
    } else {
      out.after = span.offset;
      out.until = span.offset + span.over;
      out.at_once = span.offset == Duration{0};
    }
    return out;
  }

  std::uint32_t periods(std::uint32_t column, std::uint32_t window) {
    const auto at =
        std::find_if(out_.periods.begin(), out_.periods.end(),
                     [window](const FlatCalendar& one) { return one.window == window; });
    const auto out = static_cast<std::uint32_t>(at - out_.periods.begin());
    if (at == out_.periods.end()) out_.periods.push_back({column, window});
    return out;
  }

  std::uint32_t column(std::uint32_t stream) {
    std::uint32_t& out = out_.column_of[stream];
    if (out == kNone) {
      out = static_cast<std::uint32_t>(out_.streams.size());
      out_.streams.push_back(stream);
    }
    return out;
  }

  bool add_cuts(const Rule& rule, FlatRule& flat) const {
    const auto cuts = cuts_of(program_, rule);
    if (!cuts) return false;
    for (const Cut& cut : *cuts) {
      const auto leg = std::find_if(flat.legs.begin(), flat.legs.end(),
                                    [&](const FlatLeg& one) { return one.window == cut.window; });
      const FlatValue value{static_cast<std::uint32_t>(leg - flat.legs.begin()), cut.sums};
      auto same = std::find_if(flat.cuts.begin(), flat.cuts.end(),
                               [&](const FlatCuts& one) { return one.value == value; });
      if (same == flat.cuts.end()) same = flat.cuts.insert(same, {value, {}});
      same->at.push_back(cut.at);
    }
    for (FlatCuts& one : flat.cuts) {
      std::sort(one.at.begin(), one.at.end());
      one.at.erase(std::unique(one.at.begin(), one.at.end()), one.at.end());
    }
    return true;
  }

  std::optional<FlatValue> value(std::uint32_t measure, const FlatRule& flat) const {
    const Measure& of = program_.measures[measure];
    const bool sums = of.aggregate == Aggregate::sum;
    if (!sums && of.aggregate != Aggregate::count) return std::nullopt;
    const auto leg = std::find_if(flat.legs.begin(), flat.legs.end(),
                                  [&](const FlatLeg& one) { return one.window == of.window; });
    return FlatValue{static_cast<std::uint32_t>(leg - flat.legs.begin()), sums};
  }

  std::optional<FlatTest> test(std::uint32_t expr, const FlatRule& flat) const {
    const Threshold& threshold = route_.thresholds[expr];
    if (threshold.measure == kNone) return std::nullopt;
    const auto of = value(threshold.measure, flat);
    if (!of) return std::nullopt;
    return FlatTest{*of, threshold.op, Wide{threshold.limit.num()} * kFullWeight,
                    threshold.limit.den()};
  }

  std::optional<FlatConditions> conditions(const Rule& rule, const FlatRule& flat) const {
    FlatConditions out;
    const auto add = [&](std::uint32_t expr, std::optional<FlatTest>& to) {
      if (expr != kNone) to = test(expr, flat);
      return expr == kNone || to.has_value();
    };
    if (!add(rule.needs, out.needs)) return std::nullopt;
    for (std::size_t l = 1; l < kLevels; ++l) {
      const LevelRule& level = rule.levels[l];
      if (!level.present) continue;
      if (!add(level.enter, out.enter[l]) || !add(level.exit, out.exit[l])) return std::nullopt;
    }
    for (const std::uint32_t measure : rule.measures) {
      const auto of = value(measure, flat);
      if (!of) return std::nullopt;
      out.values.push_back(*of);
    }
    return out;
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
