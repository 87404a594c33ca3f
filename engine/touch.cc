#include "engine/touch.h"

#include <algorithm>

#include "engine/fold.h"

namespace lianqing {
namespace {

void touch(UnitState& unit, std::uint32_t index, const Touch& by) {
  Instance& instance = unit.instances[index];
  Touch all = by;
  if (instance.touched) {
    all.add({instance.cause, instance.earliest, instance.withdrawn});
  } else {
    instance.touched = true;
    unit.touched.push_back(index);
  }
  instance.cause = all.cause;
  instance.earliest = all.earliest;
  instance.withdrawn = all.withdrawn;
}

// The move of a window that the instance reads, if it moved.
const WindowMove* move_of(const Program& program, const Route& route, const UnitState& unit,
                          std::uint32_t window, const Cell& key) {
  const std::uint32_t stream = program.windows[window].stream;
  const Series* series =
      unit.find_series(stream, program.streams[stream].key == kNone ? Cell{} : key);
  if (series == nullptr) return nullptr;
  const std::uint32_t at = series->states[route.quiet.windows[window].place].moved;
  return at == kNone ? nullptr : &unit.moved[at];
}

// Calls `visit` with the rules of the cuts that lie between two values.
template <class Visit>
void each_passed(const std::vector<RuleCut>& cuts, Wide before, Wide now, Visit visit) {
  if (before == now) return;
  const auto [low, high] = std::minmax(before, now);
  auto at = cuts.begin();
  auto end = cuts.end();
  if (low > -kBeyondCuts && high < kBeyondCuts) {
    const auto above = [](Wide value, const RuleCut& cut) { return value < cut.at; };
    at = std::upper_bound(cuts.begin(), cuts.end(), low, above);
    end = std::upper_bound(at, cuts.end(), high, above);
  }
  for (; at != end; ++at) visit(at->rule);
}

}  // namespace

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
  touch(unit, index, Touch::by(cause, earliest));
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
    for (auto at = unit.instance_of.first_of(rule), end = unit.instance_of.first_of(rule + 1);
         at != end; ++at) {
      touch(unit, (*at).second, cause, earliest);
    }
  }
}

void touch_moved(const Program& program, const Route& route, UnitState& unit, std::uint32_t index,
                 const Moved& moved, Cause cause, Instant earliest) {
  Series& series = unit.series[index];
  for (const MovedWindow& one : moved) {
    const WindowReaders& readers = route.quiet.windows[series.windows[one.place]];
    for (const std::uint32_t rule : readers.loud) {
      touch_rule(program, unit, rule, series.key, cause, earliest);
    }
    if (!readers.has_quiet) continue;
    std::uint32_t& at = series.states[one.place].moved;
    if (at == kNone) {
      at = static_cast<std::uint32_t>(unit.moved.size());
      unit.moved.push_back({index, one.place, one.weight, one.sum, {}});
    }
    unit.moved[at].by.add(Touch::by(cause, earliest));
  }
}

void touch_quiet(const Program& program, const Route& route, UnitState& unit, bool all) {
  if (unit.moved.empty()) return;
  const Quiet& quiet = route.quiet;
  for (const WindowMove& move : unit.moved) {
    const Series& series = unit.series[move.series];
    const WindowState& state = series.states[move.place];
    const std::uint32_t window = series.windows[move.place];
    const auto touch_one = [&](std::uint32_t rule) {
      touch_rule(program, unit, rule, series.key, Cause::timer, kNever);
    };
    if (all) {
      for (const std::uint32_t rule : route.window_rules[window]) {
        if (quiet.rules[rule]) touch_one(rule);
      }
      continue;
    }
    each_passed(quiet.windows[window].counts, move.weight, state.weight(), touch_one);
    each_passed(quiet.windows[window].sums, move.sum, state.sum, touch_one);
  }
  std::erase_if(unit.restless, [&](std::uint32_t index) {
    const Instance& instance = unit.instances[index];
    if (!instance.restless) return true;
    for (const std::uint32_t window : quiet.rule_windows[instance.rule]) {
      if (move_of(program, route, unit, window, instance.key) == nullptr) continue;
      touch(unit, index, Cause::timer, kNever);
      break;
    }
    return false;
  });
  for (const std::uint32_t index : unit.touched) {
    Instance& instance = unit.instances[index];
    const Touch by = *touch_of(program, route, unit, instance);
    instance.cause = by.cause;
    instance.earliest = by.earliest;
    instance.withdrawn = by.withdrawn;
  }
  forget_moves(unit);
}

std::optional<Touch> touch_of(const Program& program, const Route& route, const UnitState& unit,
                              const Instance& instance) {
  std::optional<Touch> out;
  if (instance.touched) out = Touch{instance.cause, instance.earliest, instance.withdrawn};
  if (unit.moved.empty()) return out;
  for (const std::uint32_t window : route.quiet.rule_windows[instance.rule]) {
    const WindowMove* move = move_of(program, route, unit, window, instance.key);
    if (move == nullptr) continue;
    if (!out) out.emplace();
    out->add(move->by);
  }
  return out;
}

void forget_moves(UnitState& unit) {
  for (const WindowMove& move : unit.moved) {
    unit.series[move.series].states[move.place].moved = kNone;
  }
  unit.moved.clear();
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
