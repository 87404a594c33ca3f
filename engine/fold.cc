#include "engine/fold.h"

#include <algorithm>

#include "engine/judge.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

// The fields of the entry at hand, for `where` expressions.
class EntryLeaves final : public Leaves {
 public:
  EntryLeaves(const LogEntry& entry, const Symbols& symbols) : entry_(entry), symbols_(symbols) {}

  Operand leaf(const ExprNode& node) const override {
    if (node.op == Op::event_attr) {
      return Operand::of_text(node.a == 0   ? entry_.id
                              : node.a == 1 ? entry_.source
                                            : entry_.type_name);
    }
    if (node.op != Op::field) return {};
    return from_cell(entry_.cells[node.a]);
  }

 private:
  Operand from_cell(const Cell& cell) const {
    Operand out;
    out.tag = cell.tag;
    if (cell.tag == CellTag::number) {
      out.number = Number::ratio(cell.num, cell.den);
    } else if (cell.tag == CellTag::text) {
      out.text = symbols_.text(static_cast<Symbol>(cell.num));
    } else if (cell.tag == CellTag::list) {
      out.list = {entry_.elements + cell.num, cell.den};
    } else {
      out.raw = cell.num;
    }
    return out;
  }

  const LogEntry& entry_;
  const Symbols& symbols_;
};

bool holds(const Fold& fold, std::uint32_t expr, const LogEntry& entry) {
  if (expr == kNone) return true;
  const EntryLeaves leaves(entry, fold.symbols());
  Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), leaves};
  return evaluation.run(fold.program().exprs[expr]).is_true();
}

// A key must be a single value.
bool can_be_key(const Cell& cell) { return cell.tag != CellTag::null && cell.tag != CellTag::list; }

// A due: an instant, or a date = the end of that local day. In fields of undeclared types both come
// as text.
Instant due_of(const Program& program, const Symbols& symbols, const Cell& cell) {
  if (cell.tag == CellTag::time) return instant(cell.num);
  if (cell.tag == CellTag::date) {
    return program.zone.end_of(LocalDay{std::chrono::days{cell.num}});
  }
  if (cell.tag != CellTag::text) return kNever;
  const std::string_view text = symbols.text(static_cast<Symbol>(cell.num));
  if (const auto date = parse_date(text)) {
    return program.zone.end_of(LocalDay{date->time_since_epoch()});
  }
  return parse_rfc3339(text).value_or(kNever);
}

// The sample's value in `stream`, or nothing if the event takes no part.
std::optional<Cell> value_for(const Stream& stream, const LogEntry& entry) {
  if (stream.value == kNone) return Cell{CellTag::boolean, 1, 1};
  const Cell& value = entry.cells[stream.value];
  if (value.tag == CellTag::null || value.tag == CellTag::list) return std::nullopt;
  if (stream.numeric && value.tag != CellTag::number) return std::nullopt;
  return value;
}

}  // namespace

void set_alarm(UnitState& unit, Instant at, Waking what, std::uint32_t index) {
  if (at == kNever) return;
  unit.alarms.push_back({at, what, index});
  std::push_heap(unit.alarms.begin(), unit.alarms.end(), std::greater<>{});
}

Instant series_due(const Program& program, const Route& route, const Series& series, Instant t) {
  Instant due = series.due;
  for (std::size_t w = 0; w < series.states.size(); ++w) {
    const WindowState& state = series.states[w];
    if (state.begin == state.end) continue;
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
      options_(options) {}

Instant Fold::due(const UnitState& unit) {
  if (unit.open) return unit.clock;
  return unit.alarms.empty() ? kNever : unit.alarms.front().at;
}

void Fold::step(UnitState& unit, const LogEntry& entry, const SeqAt& seq_at,
                Effects& effects) const {
  LQ_ASSERT(entry.clock >= unit.clock);
  if (entry.clock > unit.clock) {
    run_until(unit, entry.clock, false, seq_at, effects);
    unit.clock = entry.clock;
    wake(unit, entry.clock, effects);
  }
  unit.open = true;
  if (entry.time > entry.clock) {  // waits for its time
    const auto at =
        std::upper_bound(unit.pending.begin(), unit.pending.end(), entry,
                         [](const LogEntry& a, const OwnedEntry& b) {
                           return std::pair(a.time, a.seq) < std::pair(b.entry.time, b.entry.seq);
                         });
    std::size_t pool = 0;
    for (std::size_t i = 0; i < program_.slots.size(); ++i) {
      const Cell& cell = entry.cells[i];
      if (cell.tag == CellTag::list) {
        pool = std::max(pool, static_cast<std::size_t>(cell.num) + cell.den);
      }
    }
    unit.pending.insert(at, OwnedEntry(entry, program_.slots.size(), pool));
    set_alarm(unit, entry.time, Waking::pending, 0);
  } else {
    apply(unit, entry, Cause::event, effects);
  }
  see(unit, Cause::event, entry.time);
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
  see(unit, Cause::activation, t);
}

// The unkeyed rules are judged once when the unit is first seen.
void Fold::see(UnitState& unit, Cause cause, Instant earliest) const {
  if (unit.seen) return;
  unit.seen = true;
  for (const std::uint32_t rule : route_.unkeyed_rules) {
    touch(unit, instance_at(unit, rule, Cell{}), cause, earliest);
  }
}

void Fold::run_until(UnitState& unit, Instant t, bool inclusive, const SeqAt& seq_at,
                     Effects& effects) const {
  if (unit.open && (unit.clock < t || inclusive)) judge_touched(unit, unit.clock, seq_at, effects);
  while (!unit.alarms.empty()) {
    const Instant at = unit.alarms.front().at;
    if (at > t || (at == t && !inclusive)) break;
    unit.clock = std::max(unit.clock, at);
    wake(unit, unit.clock, effects);
    judge_touched(unit, unit.clock, seq_at, effects);
  }
}

// Moves what is due at t: windows, deadlines, waiting events, rule clocks.
void Fold::wake(UnitState& unit, Instant t, Effects& effects) const {
  Moved moved;
  while (!unit.alarms.empty() && unit.alarms.front().at <= t) {
    std::pop_heap(unit.alarms.begin(), unit.alarms.end(), std::greater<>{});
    const Alarm alarm = unit.alarms.back();
    unit.alarms.pop_back();
    switch (alarm.what) {
      case Waking::series: {
        Series& series = unit.series[alarm.index];
        if (series.alarm != alarm.at) break;
        touch_clocked(unit, series, t);
        advance(program_, series, t, moved);
        touch_moved(unit, alarm.index, moved, Cause::timer, kNever);
        series.alarm = series_due(program_, route_, series, t);
        set_alarm(unit, series.alarm, Waking::series, alarm.index);
        break;
      }
      case Waking::counter: {
        Counter& counter = unit.counters[alarm.index];
        if (counter.intervals.due() != alarm.at) break;
        counter.intervals.advance(t);
        for (const std::uint32_t rule : route_.measure_rules[counter.measure]) {
          touch_rule(unit, rule, counter.key, Cause::timer, kNever);
        }
        set_alarm(unit, counter.intervals.due(), Waking::counter, alarm.index);
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
          apply(unit, waited.view(), Cause::timer, effects);
        }
        break;
    }
  }
}

void Fold::apply(UnitState& unit, const LogEntry& entry, Cause cause, Effects& effects) const {
  const TypeRoute& route = route_.of_type(entry.type);
  for (const std::uint32_t stream : route.streams) apply_stream(unit, entry, stream, cause);
  for (const Discriminator& discriminator : route.discriminators) {
    const Cell& cell = entry.cells[discriminator.slot];
    if (cell.tag != CellTag::text) continue;
    const auto at = discriminator.streams.find(static_cast<Symbol>(cell.num));
    if (at == discriminator.streams.end()) continue;
    for (const std::uint32_t stream : at->second) apply_stream(unit, entry, stream, cause);
  }
  for (const ItemFeed& feed : route.items) apply_item(unit, entry, feed, cause, effects);
}

void Fold::apply_stream(UnitState& unit, const LogEntry& entry, std::uint32_t stream_index,
                        Cause cause) const {
  const Stream& stream = program_.streams[stream_index];
  if (!holds(*this, stream.where, entry)) return;
  std::optional<Cell> value = value_for(stream, entry);
  if (!value) return;
  if (stream.flag != kNone) *value = Cell{CellTag::boolean, 1, holds(*this, stream.flag, entry)};
  Cell key;
  if (stream.key != kNone) {
    key = entry.cells[stream.key];
    if (!can_be_key(key)) return;
  }
  const std::uint32_t index = series_at(unit, stream_index, key);
  Series& series = unit.series[index];
  Moved moved;
  insert(program_, series, {entry.time, entry.seq, *value}, unit.clock, moved);
  remember(unit, entry.seq, entry.id);
  touch_moved(unit, index, moved, cause, entry.time);
  if (stream.key != kNone) {
    for (const std::uint32_t w : series.windows) {
      meet_key(unit, route_.window_rules[w], key, cause, entry.time);
    }
  }
  const Instant due = series_due(program_, route_, series, unit.clock);
  if (due != series.alarm) {
    series.alarm = due;
    set_alarm(unit, due, Waking::series, index);
  }
}

// The key's instances exist, and are judged, from its first event on.
void Fold::meet_key(UnitState& unit, const std::vector<std::uint32_t>& rules, const Cell& key,
                    Cause cause, Instant earliest) const {
  for (const std::uint32_t rule : rules) {
    if (unit.instance_of.contains(KeyedIndex{rule, key})) continue;
    touch(unit, instance_at(unit, rule, key), cause, earliest);
  }
}

void Fold::apply_item(UnitState& unit, const LogEntry& entry, const ItemFeed& feed, Cause cause,
                      Effects& effects) const {
  const Item& item = program_.items[feed.item];
  const Cell& key = entry.cells[item.key];
  if (!can_be_key(key)) return;
  std::vector<ItemEvent>& events = unit.items[KeyedIndex{feed.item, key}];
  const std::vector<ItemEvent> before = events;
  auto add = [&](ItemEvent event) {
    const auto at = std::upper_bound(events.begin(), events.end(), event,
                                     [](const ItemEvent& a, const ItemEvent& b) {
                                       return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
                                     });
    events.insert(at, std::move(event));
  };
  // One event in several roles: first it closes, then extends, then opens.
  if (feed.closes && holds(*this, item.close_where, entry))
    add({entry.time, entry.seq, ItemStep::close, kNever, {}});
  if (feed.extends && holds(*this, item.extend_where, entry)) {
    const Instant due = due_of(program_, symbols_, entry.cells[item.extend_due]);
    add({entry.time, entry.seq, ItemStep::extend, due, {}});
  }
  if (feed.opens && holds(*this, item.open_where, entry)) {
    ItemEvent event{entry.time, entry.seq, ItemStep::open, kNever, {}};
    if (item.due != kNone) event.due = due_of(program_, symbols_, entry.cells[item.due]);
    for (const ItemView& view : route_.item_views[feed.item]) {
      Cell fact{CellTag::boolean, 1, 1};
      if (view.key != kNone)
        fact = can_be_key(entry.cells[view.key]) ? entry.cells[view.key] : Cell{};
      if (!holds(*this, view.where, entry)) fact = Cell{};
      event.facts.push_back(fact);
    }
    add(std::move(event));
  }
  if (events.size() == before.size()) return;
  remember(unit, entry.seq, entry.id);
  std::uint64_t ignored_before = 0, ignored_now = 0;
  const std::vector<Episode> old = episodes(before, &ignored_before),
                             now = episodes(events, &ignored_now);
  unit.items_ignored += ignored_now - ignored_before;
  std::size_t same = 0;  // episodes that are as they were contribute as they did
  while (same < old.size() && same < now.size() && old[same].same_as(now[same])) ++same;
  for (std::size_t i = same; i < old.size(); ++i)
    contribute(unit, feed.item, old[i], -1, cause, entry.time, effects);
  for (std::size_t i = same; i < now.size(); ++i)
    contribute(unit, feed.item, now[i], +1, cause, entry.time, effects);
}

void Fold::contribute(UnitState& unit, std::uint32_t item, const Episode& episode, int sign,
                      Cause cause, Instant earliest, Effects& effects) const {
  const auto& views = route_.item_views[item];
  for (std::size_t v = 0; v < views.size(); ++v) {
    const Cell& fact = episode.opening->facts[v];
    if (fact.tag == CellTag::null) continue;
    contribute_view(unit, views[v], fact, episode, sign, cause, earliest, effects);
  }
}

void Fold::contribute_view(UnitState& unit, const ItemView& view, const Cell& fact,
                           const Episode& episode, int sign, Cause cause, Instant earliest,
                           Effects& effects) const {
  const Cell key = view.key == kNone ? Cell{} : fact;
  if (view.stream != kNone) {
    if (sign > 0 && view.key != kNone) {
      for (const std::uint32_t w : route_.stream_windows[view.stream]) {
        meet_key(unit, route_.window_rules[w], key, cause, earliest);
      }
    }
    std::vector<Sample> samples;
    if (program_.streams[view.stream].source == StreamSource::item_extensions) {
      for (const ItemEvent* extension : episode.extensions) {
        samples.push_back({extension->time, extension->seq, Cell{CellTag::boolean, 1, 1}});
      }
    } else if (episode.closed != kNever) {
      const bool on_time = episode.closed <= episode.due;
      const bool wants_due = program_.streams[view.stream].numeric;
      if (!wants_due || episode.due != kNever) {
        samples.push_back({episode.closed, episode.close_seq, Cell{CellTag::boolean, 1, on_time}});
      }
    }
    for (const Sample& sample : samples) {
      const std::uint32_t index = series_at(unit, view.stream, key);
      Series& series = unit.series[index];
      Moved moved;
      if (sign > 0) {
        insert(program_, series, sample, unit.clock, moved);
      } else {
        erase(program_, series, sample.time, sample.seq, unit.clock, moved);
      }
      touch_moved(unit, index, moved, cause, earliest);
      series.alarm = series_due(program_, route_, series, unit.clock);
      set_alarm(unit, series.alarm, Waking::series, index);
    }
    return;
  }
  if (sign > 0 && view.key != kNone) {
    meet_key(unit, route_.measure_rules[view.measure], key, cause, earliest);
  }
  const Measure& measure = program_.measures[view.measure];
  Instant from = episode.opening->time, to = episode.closed;
  if (measure.aggregate != Aggregate::open) {
    const auto edge = measure.aggregate == Aggregate::overdue
                          ? deadline_after(program_, episode.due, measure.margin)
                          : warning_start(program_, episode.due, measure.margin);
    if (!edge) {
      effects.missing_year = edge.error();
      return;
    }
    if (*edge == kNever) return;  // without a due it never counts
    from = std::max(from, *edge);
    if (measure.aggregate == Aggregate::due_within) to = std::min(to, episode.due);
  }
  const std::uint32_t index = counter_at(unit, view.measure, key);
  unit.counters[index].intervals.change(from, to, sign, unit.clock);
  for (const std::uint32_t rule : route_.measure_rules[view.measure]) {
    touch_rule(unit, rule, key, cause, earliest);
  }
  set_alarm(unit, unit.counters[index].intervals.due(), Waking::counter, index);
}

void Fold::touch_moved(UnitState& unit, std::uint32_t index, const Moved& moved, Cause cause,
                       Instant earliest) const {
  const Series& series = unit.series[index];
  for (std::size_t w = 0; w < moved.size(); ++w) {
    if (!moved[w]) continue;
    for (const std::uint32_t rule : route_.window_rules[series.windows[w]]) {
      touch_rule(unit, rule, series.key, cause, earliest);
    }
  }
}

// Measures that grow with time alone: their rules are judged when the number may have changed.
void Fold::touch_clocked(UnitState& unit, Series& series, Instant t) const {
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
        touch_rule(unit, rule, series.key, Cause::timer, kNever);
      }
    }
  }
}

// A change in a keyed measure touches that key's instance; a change in a measure of the whole unit
// touches every instance of the rule.
void Fold::touch_rule(UnitState& unit, std::uint32_t rule, const Cell& key, Cause cause,
                      Instant earliest) const {
  if (!program_.rules[rule].keyed) {
    touch(unit, instance_at(unit, rule, Cell{}), cause, earliest);
  } else if (key.tag != CellTag::null) {
    touch(unit, instance_at(unit, rule, key), cause, earliest);
  } else {
    auto at = unit.instance_of.lower_bound(KeyedIndex{rule, Cell{}});
    for (; at != unit.instance_of.end() && at->first.index == rule; ++at) {
      touch(unit, at->second, cause, earliest);
    }
  }
}

void Fold::touch(UnitState& unit, std::uint32_t index, Cause cause, Instant earliest) const {
  Instance& instance = unit.instances[index];
  if (!instance.touched) {
    instance.touched = true;
    instance.cause = cause;
    instance.earliest = kNever;
    unit.touched.push_back(index);
  }
  instance.cause = std::max(instance.cause, cause);
  if (cause >= Cause::event) instance.earliest = std::min(instance.earliest, earliest);
}

std::uint32_t Fold::series_at(UnitState& unit, std::uint32_t stream, const Cell& key) const {
  const auto [at, added] = unit.series_of.try_emplace(
      KeyedIndex{stream, key}, static_cast<std::uint32_t>(unit.series.size()));
  if (added) {
    Series& series = unit.series.emplace_back();
    series.stream = stream;
    series.key = key;
    series.windows = route_.stream_windows[stream];
    series.states.resize(series.windows.size());
  }
  return at->second;
}

std::uint32_t Fold::counter_at(UnitState& unit, std::uint32_t measure, const Cell& key) const {
  const auto [at, added] = unit.counter_of.try_emplace(
      KeyedIndex{measure, key}, static_cast<std::uint32_t>(unit.counters.size()));
  if (added) {
    Counter& counter = unit.counters.emplace_back();
    counter.measure = measure;
    counter.key = key;
  }
  return at->second;
}

std::uint32_t Fold::instance_at(UnitState& unit, std::uint32_t rule, const Cell& key) const {
  const auto [at, added] = unit.instance_of.try_emplace(
      KeyedIndex{rule, key}, static_cast<std::uint32_t>(unit.instances.size()));
  if (added) {
    Instance& instance = unit.instances.emplace_back();
    instance.rule = rule;
    instance.key = key;
  }
  return at->second;
}

void Fold::judge_touched(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const {
  unit.open = false;
  for (const std::uint32_t index : unit.touched) {
    Instance& instance = unit.instances[index];
    instance.touched = false;
    judge(*this, unit, index, t, seq_at, effects);
  }
  unit.touched.clear();
}

}  // namespace lianqing
