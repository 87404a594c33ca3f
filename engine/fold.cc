#include "engine/fold.h"

#include <algorithm>

#include "engine/decide.h"
#include "engine/judge.h"
#include "engine/rationale.h"
#include "engine/touch.h"
#include "engine/warning_views.h"
#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {

namespace {

// The next match after t that begins instances of its key: of something that nothing followed.
Instant lies_ahead(const Program& program, const Series& series, Instant t) {
  const Stream& stream = program.streams[series.stream];
  if (stream.source != StreamSource::sequence_matches || stream.key == kNone) return kNever;
  const auto next = std::upper_bound(series.samples.begin(), series.samples.end(), t,
                                     [](Instant x, const Sample& s) { return x < s.time; });
  return next == series.samples.end() ? kNever : next->time;
}

}  // namespace

Instant series_due(const Program& program, const Route& route, const Series& series, Instant t) {
  Instant due = std::min(series.due, lies_ahead(program, series, t));
  if (!route.clocked_streams[series.stream]) return due;
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    const WindowState& state = series.states[w];
    if (state.begin == state.end || !route.clocked[series.windows[w]]) continue;
    for (const std::uint32_t m : route.window_measures[series.windows[w]]) {
      const Measure& measure = program.measures[m];
      if (measure.aggregate == Aggregate::age) {
        const Instant newest = series.samples[state.end - 1].time;
        const std::int64_t age = (t - newest) / days(1);
        std::int64_t next = age + 1;
        if (!measure.thresholds.empty()) {
          const auto at =
              std::upper_bound(measure.thresholds.begin(), measure.thresholds.end(), age);
          if (at == measure.thresholds.end()) continue;
          next = *at;
        }
        due = std::min(due, newest + days(next));
      } else if (measure.every) {
        const LocalDay day = Zone::period_start(program.zone.day_of(t), *measure.every, 1);
        due = std::min(due, program.zone.start_of(day));
      }
    }
  }
  return due;
}

Fold::Fold(const Program& program, const Route& route, const Symbols& symbols, FoldOptions options)
    : program_(program),
      route_(route),
      symbols_(symbols),
      patterns_(program.patterns),
      options_(options),
      rules_(hex(program.hash)),
      ids_(rules_) {}

Instant Fold::due(const UnitState& unit) {
  if (unit.open) return unit.clock;
  return unit.alarms.empty() ? kNever : unit.alarms.front().at;
}

void Fold::step(UnitState& unit, const LogEntry& entry, const SeqAt& seq_at,
                Effects& effects) const {
  LQ_ASSERT(entry.clock >= unit.clock);
  if (entry.clock > unit.clock) {
    run_until(unit, entry.clock, false, seq_at, effects);
    open(unit, entry.clock, effects);
  }
  take_in(unit, entry, effects);
}

void Fold::tick(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const {
  run_until(unit, t, true, seq_at, effects);
}

void Fold::catch_up(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const {
  run_until(unit, t, false, seq_at, effects);
}

void Fold::activate(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const {
  run_until(unit, t, false, seq_at, effects);
  unit.clock = std::max(unit.clock, t);
  unit.open = true;
  unit.activated = unit.clock;
  see(route_, unit, Cause::timer, kNever);
}

void Fold::open(UnitState& unit, Instant t, Effects& effects) const {
  if (t > unit.clock) {
    unit.clock = t;
    unit.moved_by = Cause::timer;
    unit.moved_since = kNever;
  }
  wake(unit, effects);
}

void Fold::take_in(UnitState& unit, const LogEntry& entry, Effects& effects) const {
  unit.open = true;
  unit.moved_by = std::max(unit.moved_by, Cause::event);
  for (const Decision& d : entry.decisions) unit.moved_by = std::max(unit.moved_by, d.cause);
  unit.moved_since = std::min(unit.moved_since, entry.time);
  if (entry.time > entry.clock && !is_withdrawn(*this, unit, entry)) {  // waits for its time
    const auto at =
        std::upper_bound(unit.pending.begin(), unit.pending.end(), entry,
                         [](const LogEntry& a, const OwnedEntry& b) {
                           return std::pair(a.time, a.seq) < std::pair(b.entry.time, b.entry.seq);
                         });
    const std::size_t slots = program_.slots.size();
    if (entry.kind == RecordKind::event) unit.emptied = false;
    unit.pending.insert(at, OwnedEntry(entry, slots, pool_size(entry.cells, slots)));
    set_alarm(unit, entry.time, Waking::pending, 0);
  } else {
    if (!arrive(*this, unit, entry, Cause::event, entry.time, effects)) return;
  }
  if (entry.kind == RecordKind::event) see(route_, unit, Cause::event, entry.time);
}

void Fold::run_until(UnitState& unit, Instant t, bool inclusive, const SeqAt& seq_at,
                     Effects& effects) const {
  if (unit.open && (unit.clock < t || inclusive)) judge_touched(unit, seq_at, effects);
  while (!unit.alarms.empty()) {
    const Instant at = unit.alarms.front().at;
    if (at > t || (at == t && !inclusive)) break;
    open(unit, at, effects);
    judge_touched(unit, seq_at, effects);
  }
}

// Moves what is due at the unit's clock: windows, deadlines, waiting events, rule clocks.
void Fold::wake(UnitState& unit, Effects& effects) const {
  const Instant t = unit.clock;
  while (!unit.alarms.empty() && unit.alarms.front().at <= t) {
    std::pop_heap(unit.alarms.begin(), unit.alarms.end(), std::greater<>{});
    const Alarm alarm = unit.alarms.back();
    unit.alarms.pop_back();
    switch (alarm.what) {
      case Waking::series: wake_series(unit, alarm); break;
      case Waking::counter: {
        Counter& counter = unit.counters[alarm.index];
        if (counter.due() != alarm.at) break;
        counter.advance(t);
        for (const std::uint32_t rule : route_.measure_rules[counter.measure]) {
          touch_rule(program_, unit, rule, counter.key, Cause::timer, kNever);
        }
        set_alarm(unit, counter.due(), Waking::counter, alarm.index);
        break;
      }
      case Waking::instance:
        if (unit.instances[alarm.index].due == alarm.at) {
          touch(unit, alarm.index, Cause::timer, kNever);
        }
        break;
      case Waking::pending:
        while (!unit.pending.empty() && unit.pending.front().entry.time <= t) {
          const OwnedEntry waited = std::move(unit.pending.front());
          unit.pending.erase(unit.pending.begin());
          arrive(*this, unit, waited.view(), Cause::timer, waited.entry.time, effects);
        }
        break;
      case Waking::warnings: wake_view(*this, unit, alarm); break;
    }
  }
}

void Fold::wake_series(UnitState& unit, const Alarm& alarm) const {
  Series& series = unit.series[alarm.index];
  if (series.alarm != alarm.at) return;
  touch_clocked(unit, series, unit.clock);
  Moved moved;
  advance(program_, series, unit.clock, moved);
  touch_moved(program_, route_, unit, alarm.index, moved, Cause::timer, kNever);
  if (lies_ahead(program_, series, unit.clock - Duration{1}) == unit.clock)
    begin_keys(unit, series);
  series.alarm = series_due(program_, route_, series, unit.clock);
  set_alarm(unit, series.alarm, Waking::series, alarm.index);
}

// The key's instances begin with its first match, also where a shifted window does not see it yet.
void Fold::begin_keys(UnitState& unit, const Series& series) const {
  for (const std::uint32_t window : series.windows) {
    for (const std::uint32_t rule : route_.window_rules[window]) {
      if (unit.instance_of.find(rule, series.key) != kNone) continue;
      touch(unit, instance_at(unit, rule, series.key), Cause::timer, kNever);
    }
  }
}

// Measures that grow with time alone: their rules are judged when the number may have changed.
void Fold::touch_clocked(UnitState& unit, Series& series, Instant t) const {
  if (!route_.clocked_streams[series.stream]) return;
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    if (series.states[w].begin == series.states[w].end) continue;
    for (const std::uint32_t m : route_.window_measures[series.windows[w]]) {
      const Measure& measure = program_.measures[m];
      const bool age = measure.aggregate == Aggregate::age;
      if (age) {
        const Duration since = t - series.samples[series.states[w].end - 1].time;
        if (since % days(1) != Duration{0}) continue;
      } else if (!measure.every || program_.zone.start_of(Zone::period_start(
                                       program_.zone.day_of(t), *measure.every)) != t) {
        continue;
      }
      for (const std::uint32_t rule : route_.measure_rules[m]) {
        touch_rule(program_, unit, rule, series.key, Cause::timer, kNever);
      }
    }
  }
}

void Fold::judge_touched(UnitState& unit, const SeqAt& seq_at, Effects& effects) const {
  for (std::uint32_t stratum = 0; stratum < program_.strata; ++stratum) {
    judge_stratum(unit, stratum, seq_at, effects);
  }
  close(unit);
}

void Fold::judge_stratum(UnitState& unit, std::uint32_t stratum, const SeqAt& seq_at,
                         Effects& effects) const {
  if (!unit.moved.empty()) {
    touch_quiet(program_, route_, unit, static_cast<bool>(options_.watcher));
    if (unit.touched.empty()) ++effects.judgements;  // looked at, and found to be as it was
  }
  if (unit.emptied) return start_again(unit, seq_at, effects);
  if (!unit.seen) {  // nothing but decisions about others: not judged until an event comes
    unit.instances.clear();
    unit.instance_of.clear();
    unit.touched.clear();
    unit.restless.clear();
    return;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < unit.touched.size(); ++i) {  // grows while warnings are read
    const std::uint32_t index = unit.touched[i];
    Instance& instance = unit.instances[index];
    if (program_.rules[instance.rule].stratum != stratum) {
      unit.touched[kept++] = index;
      continue;
    }
    instance.touched = false;
    judge(*this, unit, index, unit.clock, seq_at, effects);
  }
  unit.touched.resize(kept);
}

// The unit's last event was withdrawn: it is as if it had never seen any. What differs in the
// levels of its rules is told.
void Fold::start_again(UnitState& unit, const SeqAt& seq_at, Effects& effects) const {
  UnitState fresh;
  fresh.name = unit.name;
  fresh.attributes = unit.attributes;
  fresh.registered = unit.registered;
  fresh.parent = unit.parent;
  fresh.dissolved = unit.dissolved;
  fresh.successors = unit.successors;
  fresh.given = unit.given;
  Effects unheard;
  if (unit.activated != kNever && !unit.dissolved) {
    activate(fresh, unit.activated, seq_at, unheard);
    tick(fresh, unit.clock, seq_at, unheard);
  }
  std::vector<std::pair<std::uint32_t, Level>> changed;  // instance, level before
  for (const auto& [where, index] : unit.instance_of) {
    Instance& instance = unit.instances[index];
    const std::uint32_t at = fresh.instance_of.find(where.index, where.key);
    const Level now = at == kNone ? Level::green : fresh.instances[at].level;
    const Level from = std::exchange(instance.level, now);
    if (now == from) continue;
    instance.cause = Cause::retraction;
    instance.revoked = now < from;
    instance.since = unit.clock;
    instance.due = kNever;
    changed.emplace_back(index, from);
  }
  unit.raised = fresh.raised;
  for (const auto& [index, from] : changed) {
    tell(*this, unit, index, from, unit.clock, seq_at, effects);
  }
  // What has not found its record yet goes on waiting for it.
  for (Decision& decision : unit.decisions) {
    if (!decision.met) fresh.decisions.push_back(std::move(decision));
  }
  for (OwnedEntry& waiting : unit.pending) {
    set_alarm(fresh, waiting.entry.time, Waking::pending, 0);
    fresh.pending.push_back(std::move(waiting));
  }
  unit = std::move(fresh);
}

}  // namespace lianqing
