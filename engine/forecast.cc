// The outlook: what happens if nothing new comes, found by moving a fork of what the rule reads
// through its own future instants; and how much more of what would raise the level.
#include <algorithm>
#include <set>

#include "engine/rationale.h"
#include "engine/why.h"

namespace lianqing {
namespace {

constexpr int kMaxSteps = 20'000;
constexpr Duration kHorizon = days(3660);

}  // namespace

// The part of a unit that one rule instance reads and that changes with time.
class Forecast {
 public:
  Forecast(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t)
      : fold_(fold), program_(fold.program()), unit_(unit), instance_(instance), t_(t) {
    fork_.name = unit.name;
    fork_.attributes = unit.attributes;
    fork_.uncertain = unit.uncertain;
    for (const std::uint32_t m : program_.rules[instance.rule].measures) fork_measure(m);
  }

  // The first instant at which the level changes by itself.
  std::optional<Outlook> by_itself() {
    const Rule& rule = program_.rules[instance_.rule];
    const Level before = instance_.level;
    for (int step = 0; step < kMaxSteps; ++step) {
      const Instant next = next_instant();
      if (next == kNever || next > t_ + kHorizon) return std::nullopt;
      move_to(next);
      if (in_force(rule, unit_.name, next)) {
        const Reading reading(fold_, fork_, instance_.key, next, &unit_);
        (void)move_level(program_, rule, verdicts(rule, reading), next, instance_);
      } else {
        instance_.level = Level::green;
        instance_.due = kNever;
      }
      instance_.due = std::min(instance_.due, next_change_of_force(rule, unit_.name, next));
      if (instance_.level != before) {
        return Outlook{Outlook::Kind::by_itself, instance_.level, next, {}, {}, {}};
      }
    }
    return std::nullopt;
  }

 private:
  void fork_measure(std::uint32_t index) {
    const Measure& measure = program_.measures[index];
    const Cell key = measure.key == kNone ? Cell{} : instance_.key;
    if (measure.item != kNone) {
      const auto at = unit_.counter_of.find(KeyedIndex{index, key});
      if (at == unit_.counter_of.end()) return;
      fork_.counter_of[at->first] = static_cast<std::uint32_t>(fork_.counters.size());
      fork_.counters.push_back(unit_.counters[at->second]);
      return;
    }
    if (measure.window == kNone) return;
    const std::uint32_t stream = program_.windows[measure.window].stream;
    const std::uint32_t at = unit_.series_of.find(stream, key);
    if (at == kNone || fork_.series_of.find(stream, key) != kNone) return;
    const Series& original = unit_.series[at];
    if (series_due(program_, fold_.route(), original, t_) == kNever) return;  // read in place
    fork_.series_of.add(stream, key, static_cast<std::uint32_t>(fork_.series.size()));
    fork_.series.push_back(copy_of(original));
  }

  // Without the samples that no window will look at again.
  static Series copy_of(const Series& original) {
    std::size_t first = original.samples.size();
    for (const WindowState& state : original.states) first = std::min(first, state.begin);
    Series out;
    out.stream = original.stream;
    out.key = original.key;
    out.windows = original.windows;
    out.due = original.due;
    out.weights = original.weights;
    out.samples.assign(original.samples.begin() + static_cast<std::ptrdiff_t>(first),
                       original.samples.end());
    for (const WindowState& state : original.states) {
      WindowState& copy = out.states.emplace_back();
      copy.begin = state.begin - first;
      copy.end = state.end - first;
      copy.sum = state.sum;
      copy.squares = state.squares;
      copy.lacking = state.lacking;
      copy.low = state.low;
      copy.high = state.high;
      copy.start = state.start;
      copy.until = state.until;
      if (state.sorted) copy.sorted = std::make_unique<std::vector<Cell>>(*state.sorted);
      if (state.groups) copy.groups = std::make_unique<Groups>(*state.groups);
    }
    return out;
  }

  Instant next_instant() const {
    Instant next = instance_.due > t_ ? instance_.due : kNever;
    for (const Series& series : fork_.series) {
      next = std::min(next, series_due(program_, fold_.route(), series, now()));
    }
    for (const Counter& counter : fork_.counters) next = std::min(next, counter.due());
    return next;
  }

  void move_to(Instant next) {
    Moved moved;
    for (Series& series : fork_.series) {
      if (series.due <= next) advance(program_, series, next, moved);
    }
    for (Counter& counter : fork_.counters) counter.advance(next);
    now_ = next;
    if (instance_.due <= next) instance_.due = kNever;
  }
  Instant now() const { return now_ == kNever ? t_ : now_; }

  const Fold& fold_;
  const Program& program_;
  const UnitState& unit_;
  Instance instance_;
  Instant t_;
  Instant now_ = kNever;
  UnitState fork_;
};

namespace {

class Raises {
 public:
  Raises(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t)
      : fold_(fold), program_(fold.program()), unit_(unit), instance_(instance), t_(t) {}

  // For each higher level: the leaves of which one alone, made true, would make `enter` true.
  std::vector<Outlook> find() const {
    std::vector<Outlook> out;
    const Rule& rule = program_.rules[instance_.rule];
    for (auto l = static_cast<std::size_t>(instance_.level) + 1; l < kLevels; ++l) {
      if (!rule.levels[l].present) continue;
      const Expr& expr = program_.exprs[rule.levels[l].enter];
      const Reading reading(fold_, unit_, instance_.key, t_);
      Evaluation evaluation{program_, fold_.symbols(), fold_.patterns(), reading};
      const WhyNode tree = why_tree(expr, expr.root(), evaluation);
      if (!tree.verdict) visit(tree, tree, static_cast<Level>(l), out);
    }
    return out;
  }

 private:
  void visit(const WhyNode& tree, const WhyNode& node, Level level,
             std::vector<Outlook>& out) const {
    for (const WhyNode& child : node.all) visit(tree, child, level, out);
    if (!node.is_leaf() || node.verdict || !node.margin || (node.op != ">=" && node.op != ">"))
      return;
    const auto measure = std::find_if(program_.measures.begin(), program_.measures.end(),
                                      [&](const Measure& m) { return m.name == node.operand; });
    if (measure == program_.measures.end() || measure->aggregate == Aggregate::value) return;
    if (measure->aggregate == Aggregate::age) return;  // it grows by itself, and nothing adds to it
    if (!verdict_with(tree, &node)) return;
    std::optional<Instant> limit = before(*measure);
    if (limit) limit = last_start(level, *limit);
    if (limit && *limit <= t_) return;  // a `for` that cannot run out any more
    Outlook raise{Outlook::Kind::by_more, level, limit, node.operand, node.limit, -*node.margin};
    if (counts_things(measure->aggregate)) {
      const Number whole = raise.need.round(0);
      const Number up = whole < raise.need ? whole + 1 : whole;
      raise.need = node.op == ">" && up == raise.need ? up + 1 : up;
    }
    out.push_back(std::move(raise));
  }

  // Until when nothing leaves the measure's window.
  std::optional<Instant> before(const Measure& measure) const {
    if (measure.window == kNone) return std::nullopt;
    const Series* series = unit_.find_series(program_.windows[measure.window].stream,
                                             measure.key == kNone ? Cell{} : instance_.key);
    if (series == nullptr) return std::nullopt;
    const WindowSpan& span = program_.windows[measure.window].span;
    const auto at = std::find(series->windows.begin(), series->windows.end(), measure.window);
    const WindowState& state =
        series->states[static_cast<std::size_t>(at - series->windows.begin())];
    if (span.kind == WindowSpan::Kind::all || state.begin == state.end) return std::nullopt;
    if (span.kind == WindowSpan::Kind::calendar) return state.until;
    return series->samples[state.begin].time + span.over + span.offset;
  }

  // A `for` that starts before this instant runs out before `end`; so does one of working days,
  // found to the day.
  Instant last_start(Level level, Instant end) const {
    const Span& confirm =
        program_.rules[instance_.rule].levels[static_cast<std::size_t>(level)].confirm;
    if (!confirm.workdays) return end - Duration{confirm.amount};
    Instant start = end;
    while (start > t_ && after(program_, start - Duration{1}, confirm).to >= end) start -= days(1);
    return start;
  }

  const Fold& fold_;
  const Program& program_;
  const UnitState& unit_;
  const Instance& instance_;
  Instant t_;
};

}  // namespace

std::vector<Outlook> outlook(const Fold& fold, const UnitState& unit, const Instance& instance,
                             Instant t) {
  std::vector<Outlook> out = Raises(fold, unit, instance, t).find();
  const auto alone = Forecast(fold, unit, instance, t).by_itself();
  out.push_back(alone ? *alone : Outlook{});
  return out;
}

}  // namespace lianqing
