#include "engine/judge.h"

#include <algorithm>
#include <cmath>

#include "engine/rationale.h"
#include "engine/statistics.h"
#include "engine/touch.h"
#include "engine/warning_views.h"

namespace lianqing {
namespace {

Number number_of(const Cell& cell) { return Number::ratio(cell.num, cell.den); }

Operand from_sum(Wide micros) { return Operand::of(Number::from_micros(micros)); }

// Population standard deviation, rounded to six decimals; by weights if there are any.
Operand deviation(const WindowState& state, std::size_t n) {
  if (state.lacking == 0) {
    return from_sum(deviation_micros(static_cast<Wide>(n), state.sum, state.squares));
  }
  const Wide weight = state.weight();
  const Wide variance = weight * state.squares / kFullWeight - state.sum * state.sum;
  return from_sum((integer_root(4 * variance) * kFullWeight + weight) / (2 * weight));
}

Operand quantile(const std::vector<Cell>& sorted, Number q) {
  return Operand::of(lianqing::quantile(sorted, q, number_of));
}

Operand decayed(const Measure& measure, bool valued, const Series* series,
                std::span<const Sample> samples, Instant t) {
  double total = 0;
  for (const Sample& sample : samples) {
    const double age = static_cast<double>((t - sample.time).count()) /
                       static_cast<double>(measure.half_life.count());
    const double value = valued ? number_of(sample.value).to_double() : 1.0;
    const double weight = static_cast<double>(series->weight_of(sample.seq)) / kFullWeight;
    total += value * weight * std::exp2(-age);
  }
  return from_sum(static_cast<Wide>(std::round(total * 1e6)));
}

Operand streak(std::span<const Sample> samples) {
  std::int64_t length = 0;
  for (auto at = samples.rbegin(); at != samples.rend() && at->value.num != 0; ++at) ++length;
  return Operand::of(length);
}

std::int64_t size_of(std::size_t n) { return static_cast<std::int64_t>(n); }

}  // namespace

Operand Reading::leaf(const ExprNode& node) const {
  Evaluation cells{fold_.program(), fold_.symbols(), fold_.patterns(), *this};
  switch (node.op) {
    case Op::measure: return measure(node.a);
    case Op::unit_attr:
      return node.a < unit_.attributes.size() ? cells.operand(unit_.attributes[node.a], nullptr)
                                              : Operand{};
    case Op::key: return cells.operand(key_, nullptr);
    default: return {};
  }
}

Operand Reading::measure(std::uint32_t index) const {
  for (const Known& one : known_) {
    if (one.measure == index) return one.value;
  }
  const Measure& measure = fold_.program().measures[index];
  const bool unknown = is_unknown(index, measure.key == kNone ? Cell{} : key_);
  Operand value = unknown ? Operand{} : compute(index);
  const Cell& empty = measure.empty;
  if (!unknown && value.is_null() && empty.tag != CellTag::null) {
    Evaluation cells{fold_.program(), fold_.symbols(), fold_.patterns(), *this};
    value = cells.operand(empty, nullptr);
  }
  known_.push_back({index, value});
  return value;
}

bool Reading::holds(std::uint32_t expr, bool& null_operand) const {
  const Threshold& threshold = fold_.route().thresholds[expr];
  if (threshold.measure == kNone) {
    Evaluation evaluation{fold_.program(), fold_.symbols(), fold_.patterns(), *this};
    const Operand value = evaluation.run(fold_.program().exprs[expr]);
    null_operand = evaluation.null_seen || value.tag != CellTag::boolean;
    return value.is_true();
  }
  const Operand value = measure(threshold.measure);
  if (value.tag != CellTag::number) {
    null_operand = !value.is_null() || !threshold.handled;
    return false;
  }
  null_operand = false;
  return compares(threshold.op, value.number <=> threshold.limit);
}

// Whether the measure counts by a deadline that needs a year which the calendar does not have.
bool Reading::is_unknown(std::uint32_t index, const Cell& key) const {
  for (const UnitState* unit : {&unit_, behind_}) {
    if (unit == nullptr || !unit->uncertain) continue;
    const Counter* counter = unit->find_counter(index, key);
    const int year = counter == nullptr ? 0 : counter->missing_year();
    if (year == 0) continue;
    missing_year_ = missing_year_ == 0 ? year : std::min(missing_year_, year);
    return true;
  }
  return false;
}

Operand Reading::compute(std::uint32_t index) const {
  const Program& program = fold_.program();
  const Measure& measure = program.measures[index];
  Evaluation evaluation{program, fold_.symbols(), fold_.patterns(), *this};
  if (measure.aggregate == Aggregate::value) return evaluation.run(program.exprs[measure.value]);
  if (measure.aggregate == Aggregate::peers || measure.aggregate == Aggregate::roll_up) {
    return given(index);
  }
  if (measure.aggregate == Aggregate::warnings) {
    const UnitState& unit = behind_ != nullptr ? *behind_ : unit_;
    return Operand::of(count_warnings(fold_, unit, program.warnings[measure.warnings], t_));
  }
  const Cell key = measure.key == kNone ? Cell{} : key_;
  if (measure.item != kNone) {
    const Counter* counter = unit_.find_counter(index, key);
    if (counter == nullptr && behind_ != nullptr) counter = behind_->find_counter(index, key);
    return Operand::of(counter == nullptr ? 0 : counter->intervals.active);
  }
  const std::uint32_t stream = program.windows[measure.window].stream;
  const Series* series = unit_.find_series(stream, key);
  if (series == nullptr && behind_ != nullptr) series = behind_->find_series(stream, key);
  const WindowState nothing;
  const WindowState* state = &nothing;
  std::span<const Sample> inside;
  if (series != nullptr) {
    const auto at = std::find(series->windows.begin(), series->windows.end(), measure.window);
    const auto w = static_cast<std::size_t>(at - series->windows.begin());
    state = &series->states[w];
    inside = series->inside(w);
  }
  const std::size_t n = inside.size();
  switch (measure.aggregate) {
    case Aggregate::count:
      return state->lacking == 0 ? Operand::of(size_of(n)) : from_sum(state->weight());
    case Aggregate::sum: return from_sum(state->sum);
    case Aggregate::distinct:
      return Operand::of(size_of(state->groups ? state->groups->distinct() : 0));
    case Aggregate::top: return Operand::of(size_of(state->groups ? state->groups->top() : 0));
    case Aggregate::streak: return streak(inside);
    case Aggregate::decayed: {
      return decayed(measure, program.streams[stream].value != kNone, series, inside, t_);
    }
    default: break;
  }
  if (n == 0) return {};
  switch (measure.aggregate) {
    case Aggregate::average: return Operand::of(Number::ratio(state->sum, state->weight()));
    case Aggregate::minimum: return Operand::of(number_of(state->sorted->front()));
    case Aggregate::maximum: return Operand::of(number_of(state->sorted->back()));
    case Aggregate::deviation: return deviation(*state, n);
    case Aggregate::median: return quantile(*state->sorted, Number::ratio(1, 2));
    case Aggregate::quantile: return quantile(*state->sorted, measure.q);
    case Aggregate::first: return evaluation.operand(inside.front().value, nullptr);
    case Aggregate::last: return evaluation.operand(inside.back().value, nullptr);
    case Aggregate::age: return Operand::of((t_ - inside.back().time) / days(1));
    default: return {};
  }
}

// What other units make of this one (world.h). Of no units there are none, and their sum is 0.
Operand Reading::given(std::uint32_t index) const {
  const UnitState& unit = behind_ != nullptr ? *behind_ : unit_;
  if (const auto at = unit.given.find(index); at != unit.given.end()) return at->second;
  const Measure& measure = fold_.program().measures[index];
  if (measure.aggregate == Aggregate::peers) return {};
  const RollUpHow how = fold_.program().roll_ups[measure.roll_up].how;
  return how == RollUpHow::count || how == RollUpHow::sum ? Operand::of(0) : Operand{};
}

Verdicts verdicts(const Rule& rule, const Reading& reading) {
  Verdicts out;
  if (rule.needs != kNone) out.needs = reading.holds(rule.needs, out.needs_null);
  out.grey = !out.needs || out.needs_null;
  for (std::size_t l = 1; l < kLevels; ++l) {
    const LevelRule& level = rule.levels[l];
    if (!level.present) continue;
    out.enter[l] = reading.holds(level.enter, out.enter_null[l]);
    out.exit[l] = !out.enter[l];
    if (level.exit != kNone) out.exit[l] = reading.holds(level.exit, out.exit_null[l]);
    out.grey = out.grey || out.enter_null[l] || out.exit_null[l];
  }
  out.missing_year = reading.missing_year();
  out.grey = out.grey || out.missing_year != 0;
  return out;
}

bool in_force(const Rule& rule, const std::string& unit, Instant t) {
  if ((rule.from && t < *rule.from) || (rule.to && t >= *rule.to)) return false;
  return std::none_of(rule.exceptions.begin(), rule.exceptions.end(), [&](const Exception& e) {
    return e.unit == unit && (!e.until || t < *e.until);
  });
}

Instant next_change_of_force(const Rule& rule, const std::string& unit, Instant t) {
  Instant next = kNever;
  const auto consider = [&](const std::optional<Instant>& at) {
    if (at && *at > t) next = std::min(next, *at);
  };
  consider(rule.from);
  consider(rule.to);
  for (const Exception& exception : rule.exceptions) {
    if (exception.unit == unit) consider(exception.until);
  }
  return next;
}

bool move_level(const Program& program, const Rule& rule, const Verdicts& verdicts, Instant t,
                Instance& instance) {
  instance.grey = verdicts.grey;
  instance.missing_year = verdicts.missing_year;
  instance.due = kNever;
  if (verdicts.grey) {
    instance.enter_since.fill(kNever);
    instance.exit_since = kNever;
    instance.exit_withdrawn = false;
    return false;
  }
  const auto current = static_cast<std::size_t>(instance.level);
  std::size_t target = current;
  int missing_year = 0;  // whether a `for` or `hold` is over depends on it
  // Whether the deadline has come; if not, when the instance is to be judged again.
  const auto has_come = [&](const Reckoned& deadline) {
    if (!deadline.tells(t)) missing_year = deadline.missing_year;
    if (deadline.to > t) {
      instance.due = std::min(instance.due, deadline.from > t ? deadline.from : deadline.to);
    }
    return deadline.to <= t;
  };
  for (std::size_t l = 1; l < kLevels; ++l) {
    if (!rule.levels[l].present) continue;
    Instant& since = instance.enter_since[l];
    since = verdicts.enter[l] ? std::min(since, t) : kNever;
    if (since == kNever || l <= current) continue;
    if (has_come(after(program, since, rule.levels[l].confirm))) {
      target = l;
      missing_year = 0;  // what lies below does not matter
    }
  }
  if (target == current && current > 0) {
    if (!verdicts.exit[current]) {
      instance.exit_since = kNever;
      instance.exit_withdrawn = false;
    } else if (instance.exit_since == kNever) {
      instance.exit_since = t;
      instance.exit_withdrawn = instance.withdrawn;
    }
    if (instance.exit_since != kNever &&
        has_come(after(program, instance.exit_since, rule.levels[current].hold)) &&
        missing_year == 0) {
      const bool by_one = rule.step_down || rule.levels[current].step_down;
      do {
        --target;
      } while (target > 0 && (!rule.levels[target].present || (!by_one && verdicts.exit[target])));
    }
  }
  if (missing_year != 0) {  // the clocks run on: the calendar may still come
    instance.grey = true;
    instance.missing_year = missing_year;
    return false;
  }
  if (target == current) return false;
  instance.level = static_cast<Level>(target);
  instance.since = t;
  instance.revoked = target < current && instance.exit_withdrawn;
  if (current == 0) instance.left_green = t;
  // The exit of the level just entered is counted from now on.
  instance.exit_since = target > 0 && verdicts.exit[target] ? t : kNever;
  instance.exit_withdrawn = instance.exit_since == t && instance.withdrawn;
  instance.due = kNever;
  for (std::size_t l = target + 1; l < kLevels; ++l) {
    if (instance.enter_since[l] == kNever) continue;
    (void)has_come(after(program, instance.enter_since[l], rule.levels[l].confirm));
  }
  if (instance.exit_since != kNever) {
    (void)has_come(after(program, t, rule.levels[target].hold));
  }
  return true;
}

bool is_restless(const Rule& rule, const Instance& instance, Instant t) {
  const auto elapsed = [t](Instant since, const Span& span) {
    return since != kNever && since + Duration{span.amount} <= t;
  };
  const auto level = static_cast<std::size_t>(instance.level);
  for (std::size_t l = level + 1; l < kLevels; ++l) {
    if (elapsed(instance.enter_since[l], rule.levels[l].confirm)) return true;
  }
  return level > 0 && elapsed(instance.exit_since, rule.levels[level].hold);
}

bool judge_level(const Fold& fold, UnitState& unit, std::uint32_t index, Instant t,
                 const Verdicts* known, Effects& effects) {
  const Program& program = fold.program();
  Instance& instance = unit.instances[index];
  const Rule& rule = program.rules[instance.rule];
  ++effects.judgements;
  if (!effects.rule_judgements.empty()) ++effects.rule_judgements[instance.rule];
  const bool was_grey = instance.grey;
  if (!instance.judged && unit.registered && !rule.keyed) instance.cause = Cause::activation;
  bool changed = false;
  if (!unit.dissolved && in_force(rule, unit.name, t)) {
    const int missing = instance.missing_year;
    if (known != nullptr) {
      changed = move_level(program, rule, *known, t, instance);
    } else {
      const Reading reading(fold, unit, instance.key, t);
      const Verdicts found = verdicts(rule, reading);
      if (fold.options().watcher) fold.options().watcher(rule, reading, found.grey);
      changed = move_level(program, rule, found, t, instance);
    }
    if (instance.missing_year != 0) {
      unit.uncertain = true;
      if (instance.missing_year != missing) ++effects.greyed[instance.missing_year];
    }
  } else {
    changed = instance.level != Level::green;
    const Instance fresh;
    instance.level = Level::green;
    instance.grey = false;
    instance.missing_year = 0;
    instance.enter_since = fresh.enter_since;
    instance.exit_since = kNever;
    instance.due = kNever;
    instance.exit_withdrawn = false;
    instance.revoked = false;
    if (!unit.dissolved) instance.cause = Cause::timer;
    if (changed) instance.since = t;
  }
  instance.judged = true;
  const bool restless = fold.route().quiet.rules[instance.rule] && is_restless(rule, instance, t);
  if (restless && !instance.restless) unit.restless.push_back(index);
  instance.restless = restless;
  instance.due = std::min(instance.due, next_change_of_force(rule, unit.name, t));
  set_alarm(unit, instance.due, Waking::instance, index);
  if (fold.options().tell_grey && instance.grey != was_grey) {
    GreyChange change{t, unit.name, rule.id, std::nullopt, instance.grey};
    if (rule.keyed) change.key = key_text(fold, instance.key);
    effects.greys.push_back(std::move(change));
  }
  return changed;
}

void judge(const Fold& fold, UnitState& unit, std::uint32_t index, Instant t, const SeqAt& seq_at,
           Effects& effects) {
  const Level from = unit.instances[index].level;
  const Cause touched_by = unit.instances[index].cause;
  if (!judge_level(fold, unit, index, t, nullptr, effects)) return;
  tell(fold, unit, index, from, t, seq_at, effects);
  unit.instances[index].cause = touched_by;  // by which those that read its level are touched
  note_change(fold, unit, index, from);
}

}  // namespace lianqing
