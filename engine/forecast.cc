// The outlook: what happens if nothing new comes, found by moving a fork of what the rule reads
// through its own future instants; and how much more of what would raise the level.
#include <algorithm>

#include "engine/limits_ahead.h"
#include "engine/rationale.h"
#include "engine/why.h"

namespace lianqing {
namespace {

constexpr int kMaxSteps = 20'000;
constexpr Duration kHorizon = days(3660);

// The first instant at which the level of `instance` changes by itself. `ahead` tells when
// something that its rule looks at changes (after the instant moved to last), moves there and says
// what the rule's conditions are then.
template <class Ahead>
std::optional<Outlook> by_itself(const Fold& fold, const UnitState& unit, Instance instance,
                                 Instant t, Ahead& ahead) {
  const Program& program = fold.program();
  const Rule& rule = program.rules[instance.rule];
  const Level before = instance.level;
  if (instance.due <= t) instance.due = kNever;
  for (int step = 0; step < kMaxSteps; ++step) {
    const Instant next = std::min(instance.due, ahead.next());
    if (next == kNever || next > t + kHorizon) return std::nullopt;
    ahead.move_to(next);
    if (instance.due <= next) instance.due = kNever;
    if (in_force(rule, unit.name, next)) {
      (void)move_level(program, rule, ahead.verdicts(next), next, instance);
    } else {
      instance.level = Level::green;
      instance.due = kNever;
    }
    instance.due = std::min(instance.due, next_change_of_force(rule, unit.name, next));
    if (instance.level != before) {
      return Outlook{Outlook::Kind::by_itself, instance.level, next, {}, {}, {}};
    }
  }
  return std::nullopt;
}

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

  Instant next() const {
    Instant next = kNever;
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
  }

  Verdicts verdicts(Instant t) const {
    const Reading reading(fold_, fork_, instance_.key, t, &unit_);
    return lianqing::verdicts(program_.rules[instance_.rule], reading);
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

  bool reads(std::uint32_t window) const {
    const auto& measures = program_.rules[instance_.rule].measures;
    return std::any_of(measures.begin(), measures.end(),
                       [&](std::uint32_t m) { return program_.measures[m].window == window; });
  }

  // The windows that the rule looks at, without the samples that none of them will look at again:
  // others do not touch it when they move.
  Series copy_of(const Series& original) const {
    std::size_t first = original.samples.size();
    for (std::size_t w = 0; w < original.windows.size(); ++w) {
      if (reads(original.windows[w])) first = std::min(first, original.states[w].begin);
    }
    Series out;
    out.stream = original.stream;
    out.key = original.key;
    out.weights = original.weights;
    out.samples.assign(original.samples.begin() + static_cast<std::ptrdiff_t>(first),
                       original.samples.end());
    for (std::size_t w = 0; w < original.windows.size(); ++w) {
      if (!reads(original.windows[w])) continue;
      const WindowState& state = original.states[w];
      out.windows.push_back(original.windows[w]);
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
    Moved none;
    advance(program_, out, t_, none);  // finds when one of these windows changes
    return out;
  }

  Instant now() const { return now_ == kNever ? t_ : now_; }

  const Fold& fold_;
  const Program& program_;
  const UnitState& unit_;
  const Instance& instance_;
  Instant t_;
  Instant now_ = kNever;
  UnitState fork_;
};

namespace {

class Raises {
 public:
  Raises(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
         const std::vector<Clause>& why, std::vector<Outlook>& out)
      : program_(fold.program()), unit_(unit), instance_(instance), t_(t), why_(why), out_(out) {}

  // For each higher level: the leaves of which one alone, made true, would make `enter` true. How
  // many there are.
  std::size_t find() {
    const Rule& rule = program_.rules[instance_.rule];
    for (auto l = static_cast<std::size_t>(instance_.level) + 1; l < kLevels; ++l) {
      if (!rule.levels[l].present) continue;
      const auto level = static_cast<Level>(l);
      const WhyNode& tree = enter_clause(why_, level)->why;
      if (!tree.verdict) visit(tree, tree, level);
    }
    return used_;
  }

 private:
  void visit(const WhyNode& tree, const WhyNode& node, Level level) {
    for (const WhyNode& child : node.all) visit(tree, child, level);
    if (!node.is_leaf() || node.verdict || !node.margin || (node.op != ">=" && node.op != ">"))
      return;
    const auto& measures = program_.rules[instance_.rule].measures;
    const auto named = std::find_if(measures.begin(), measures.end(), [&](std::uint32_t m) {
      return program_.measures[m].name == node.operand;
    });
    if (named == measures.end()) return;
    const Measure* const measure = &program_.measures[*named];
    if (measure->aggregate == Aggregate::value) return;
    if (measure->aggregate == Aggregate::age) return;  // it grows by itself, and nothing adds to it
    if (!verdict_with(tree, &node)) return;
    std::optional<Instant> limit = before(*measure);
    if (limit) limit = last_start(level, *limit);
    if (limit && *limit <= t_) return;  // a `for` that cannot run out any more
    if (used_ == out_.size()) out_.emplace_back();
    Outlook& raise = out_[used_++];
    raise.kind = Outlook::Kind::by_more;
    raise.to = level;
    raise.at = limit;
    raise.measure = node.operand;
    raise.limit = node.limit;
    raise.need = -*node.margin;
    if (counts_things(measure->aggregate)) {
      const Number whole = raise.need.round(0);
      const Number up = whole < raise.need ? whole + 1 : whole;
      raise.need = node.op == ">" && up == raise.need ? up + 1 : up;
    }
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

  const Program& program_;
  const UnitState& unit_;
  const Instance& instance_;
  Instant t_;
  const std::vector<Clause>& why_;
  std::vector<Outlook>& out_;
  std::size_t used_ = 0;
};

}  // namespace

void outlook(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
             const std::vector<Clause>& why, std::vector<Outlook>& out) {
  const std::size_t raises = Raises(fold, unit, instance, t, why, out).find();
  out.resize(raises + 1);
  std::optional<Outlook> alone;
  if (auto limits = LimitsAhead::of(fold, unit, instance)) {
    alone = by_itself(fold, unit, instance, t, *limits);
  } else {
    Forecast forecast(fold, unit, instance, t);
    alone = by_itself(fold, unit, instance, t, forecast);
  }
  out.back() = alone ? *std::move(alone) : Outlook{};
}

}  // namespace lianqing
