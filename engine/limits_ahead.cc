#include "engine/limits_ahead.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr Wide kMicro = 1'000'000;
constexpr Wide kExact = Wide{1} << 63;

Wide micros_of(const Sample& sample) { return static_cast<Wide>(Totals::of(sample.value).sum); }

}  // namespace

Instant LimitsAhead::Leg::enters() const {
  if (series == nullptr || end == series->samples.size()) return kNever;
  return series->samples[end].time + after;
}

Instant LimitsAhead::Leg::leaves() const {
  return over && begin < end ? series->samples[begin].time + after + *over : kNever;
}

void LimitsAhead::Leg::move_to(Instant t) {
  for (; enters() <= t && enters() != kNever; ++end) {
    if (sums) sum += micros_of(series->samples[end]);
  }
  for (; leaves() <= t && leaves() != kNever; ++begin) {
    if (sums) sum -= micros_of(series->samples[begin]);
  }
}

bool LimitsAhead::add(const Fold& fold, const UnitState& unit, const Instance& instance,
                      std::uint32_t expr) {
  if (expr == kNone) return true;
  const Program& program = fold.program();
  const Threshold& threshold = fold.route().thresholds[expr];
  if (threshold.measure == kNone) return false;
  const Measure& measure = program.measures[threshold.measure];
  const bool sums = measure.aggregate == Aggregate::sum;
  if (!sums && measure.aggregate != Aggregate::count) return false;
  const WindowSpan& span = program.windows[measure.window].span;
  if (span.kind == WindowSpan::Kind::calendar) return false;
  std::size_t at = 0;
  while (at < legs_.size() && legs_[at].window != measure.window) ++at;
  if (at == legs_.size()) {
    Leg& leg = legs_.emplace_back();
    leg.window = measure.window;
    leg.after = span.offset;
    if (span.kind == WindowSpan::Kind::sliding) leg.over = span.over;
    leg.series = unit.find_series(program.windows[measure.window].stream,
                                  measure.key == kNone ? Cell{} : instance.key);
    if (leg.series != nullptr) {
      if (!leg.series->weights.empty()) return false;
      const auto& windows = leg.series->windows;
      const auto w = std::find(windows.begin(), windows.end(), measure.window) - windows.begin();
      const WindowState& state = leg.series->states[static_cast<std::size_t>(w)];
      leg.begin = state.begin;
      leg.end = state.end;
      leg.sum = state.sum;
    }
  }
  legs_[at].sums = legs_[at].sums || sums;
  Test& test = tests_.emplace_back();
  test.expr = expr;
  test.leg = static_cast<std::uint32_t>(at);
  test.op = threshold.op;
  test.limit = threshold.limit;
  const Wide millions = Wide{threshold.limit.num()} * kMicro;
  if (millions % threshold.limit.den() == 0) test.micros = millions / threshold.limit.den();
  test.sums = sums;
  return true;
}

std::optional<LimitsAhead> LimitsAhead::of(const Fold& fold, const UnitState& unit,
                                           const Instance& instance) {
  LimitsAhead out;
  out.rule_ = &fold.program().rules[instance.rule];
  bool known = out.add(fold, unit, instance, out.rule_->needs);
  for (const LevelRule& level : out.rule_->levels) {
    if (!level.present) continue;
    known = known && out.add(fold, unit, instance, level.enter) &&
            out.add(fold, unit, instance, level.exit);
  }
  if (!known) return std::nullopt;
  for (Test& test : out.tests_) test.now = out.holds(test);
  if (!out.is_settled(instance)) return std::nullopt;
  return out;
}

// An `enter` or `exit` that holds is waiting to be judged, or for its time.
bool LimitsAhead::is_settled(const Instance& instance) const {
  const Verdicts found = verdicts({});
  const auto current = static_cast<std::size_t>(instance.level);
  bool out = instance.judged && instance.exit_since == kNever;
  if (!found.grey && current > 0) out = out && !found.exit[current];
  for (std::size_t l = current + 1; l < kLevels; ++l) {
    out = out && instance.enter_since[l] == kNever && (found.grey || !found.enter[l]);
  }
  return out;
}

bool LimitsAhead::holds(const Test& test) const {
  const Leg& leg = legs_[test.leg];
  if (!test.sums) {
    return compares(test.op, Number(static_cast<std::int64_t>(leg.end - leg.begin)) <=> test.limit);
  }
  // Sums that large are rounded before they are compared.
  const bool exact = test.micros && leg.sum > -kExact && leg.sum < kExact;
  return compares(test.op,
                  exact ? leg.sum <=> *test.micros : Number::from_micros(leg.sum) <=> test.limit);
}

// Where all conditions compare the count of one window that only loses samples: to right before the
// first one of which the loss can matter.
void LimitsAhead::pass_over() {
  if (legs_.size() != 1) return;
  Leg& leg = legs_[0];
  if (leg.sums || !leg.over || leg.enters() != kNever) return;
  const auto count = static_cast<std::int64_t>(leg.end - leg.begin);
  std::int64_t next = 0;  // the largest count below this one at which an outcome can differ
  for (const Test& test : tests_) {
    // That is at the limit or right below it, and nowhere else.
    const auto limit = std::clamp(test.limit.round(0).num(), std::int64_t{-1}, count + 1);
    if (limit < count) {
      next = std::max(next, limit);
    } else if (limit - 1 < count) {
      next = count - 1;
    }
  }
  if (next + 1 < count) leg.begin += static_cast<std::size_t>(count - next - 1);
}

Instant LimitsAhead::next() {
  if (next_) return *next_;
  for (;;) {
    pass_over();
    Instant t = kNever;
    for (const Leg& leg : legs_) t = std::min({t, leg.enters(), leg.leaves()});
    bool changed = t == kNever;
    if (!changed) {
      for (Leg& leg : legs_) leg.move_to(t);
      for (Test& test : tests_) {
        test.then = holds(test);
        changed = changed || test.then != test.now;
      }
    }
    if (changed) return *(next_ = t);
  }
}

void LimitsAhead::move_to(Instant t) {
  if (!next_ || t < *next_) return;
  for (Test& test : tests_) test.now = test.then;
  next_.reset();
}

bool LimitsAhead::holds_now(std::uint32_t expr) const {
  const auto at = std::find_if(tests_.begin(), tests_.end(),
                               [expr](const Test& test) { return test.expr == expr; });
  return at->now;
}

// As verdicts() of a Reading: a count or a sum is never null.
Verdicts LimitsAhead::verdicts(Instant) const {
  Verdicts out;
  if (rule_->needs != kNone) out.needs = holds_now(rule_->needs);
  out.grey = !out.needs;
  for (std::size_t l = 1; l < kLevels; ++l) {
    const LevelRule& level = rule_->levels[l];
    if (!level.present) continue;
    out.enter[l] = holds_now(level.enter);
    out.exit[l] = level.exit == kNone ? !out.enter[l] : holds_now(level.exit);
  }
  return out;
}

}  // namespace lianqing
