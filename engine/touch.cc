#include "engine/touch.h"

#include <algorithm>

#include "engine/fold.h"

namespace lianqing {

std::uint32_t instance_at(UnitState& unit, std::uint32_t rule, const Cell& key) {
  if (const std::uint32_t at = unit.instance_of.find(rule, key); at != kNone) return at;
  const auto added = static_cast<std::uint32_t>(unit.instances.size());
  unit.instance_of.add(rule, key, added);
  Instance& instance = unit.instances.emplace_back();
  instance.rule = rule;
  instance.key = key;
  return added;
}

void touch(UnitState& unit, std::uint32_t index, Cause cause, Instant earliest) {
  Instance& instance = unit.instances[index];
  if (!instance.touched) {
    instance.touched = true;
    instance.cause = cause;
    instance.earliest = kNever;
    instance.withdrawn = false;
    unit.touched.push_back(index);
  }
  instance.cause = std::max(instance.cause, cause);
  if (cause == Cause::correction || cause == Cause::retraction) instance.withdrawn = true;
  if (cause >= Cause::event) instance.earliest = std::min(instance.earliest, earliest);
}

void touch_all(UnitState& unit, Cause cause, Instant earliest) {
  for (std::uint32_t i = 0; i < unit.instances.size(); ++i) touch(unit, i, cause, earliest);
}

void see(const Route& route, UnitState& unit, Cause cause, Instant earliest) {
  if (unit.seen) return;
  unit.seen = true;
  for (const std::uint32_t rule : route.unkeyed_rules) {
    touch(unit, instance_at(unit, rule, Cell{}), cause, earliest);
  }
}

void touch_rule(const Program& program, UnitState& unit, std::uint32_t rule, const Cell& key,
                Cause cause, Instant earliest) {
  if (!program.rules[rule].keyed) {
    touch(unit, instance_at(unit, rule, Cell{}), cause, earliest);
  } else if (key.tag != CellTag::null) {
    touch(unit, instance_at(unit, rule, key), cause, earliest);
  } else {
    auto at = unit.instance_of.first_of(rule);
    for (; at != unit.instance_of.end() && at->first.index == rule; ++at) {
      touch(unit, at->second, cause, earliest);
    }
  }
}

void touch_moved(const Program& program, const Route& route, UnitState& unit, std::uint32_t index,
                 const Moved& moved, Cause cause, Instant earliest) {
  const Series& series = unit.series[index];
  for (std::size_t w = 0; w < moved.size(); ++w) {
    if (!moved[w]) continue;
    for (const std::uint32_t rule : route.window_rules[series.windows[w]]) {
      touch_rule(program, unit, rule, series.key, cause, earliest);
    }
  }
}

void set_alarm(UnitState& unit, Instant at, Waking what, std::uint32_t index) {
  if (at == kNever) return;
  unit.alarms.push_back({at, what, index});
  std::push_heap(unit.alarms.begin(), unit.alarms.end(), std::greater<>{});
}

void set_series_alarm(const Program& program, const Route& route, UnitState& unit,
                      std::uint32_t index) {
  Series& series = unit.series[index];
  const Instant due = series_due(program, route, series, unit.clock);
  if (due == series.alarm) return;
  series.alarm = due;
  set_alarm(unit, due, Waking::series, index);
}

}  // namespace lianqing
