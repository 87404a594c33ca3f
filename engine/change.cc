#include "engine/change.h"

#include <algorithm>

#include "engine/entry_leaves.h"
#include "engine/touch.h"

namespace lianqing {
namespace {

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

template <class Event>
bool earlier(const Event& a, const Event& b) {
  return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
}

// A cell per view: null if `holds` is false or the key is missing, the key if there is one, else
// true.
Cell fact(bool holds, std::uint32_t key, const LogEntry& entry) {
  if (!holds) return {};
  if (key == kNone) return {CellTag::boolean, 1, 1};
  return can_be_key(entry.cells[key]) ? entry.cells[key] : Cell{};
}

}  // namespace

// What one stream takes of a statement.
struct Change::Taken {
  Cell key, value;
  std::uint32_t weight;
  friend bool operator==(const Taken&, const Taken&) = default;
};

void Change::replace(const Statement* before, const Statement* after) {
  if (before != nullptr && before->weight == 0) before = nullptr;
  if (after != nullptr && after->weight == 0) after = nullptr;
  if (before == nullptr && after == nullptr) return;
  const TypeRoute& route = route_.of_type((before != nullptr ? before : after)->entry.type);
  for (const std::uint32_t stream : route.streams) replace_in_stream(before, after, stream);
  for (const Discriminator& discriminator : route.discriminators) {
    const auto demanding = [&](const Statement* statement) -> const std::vector<std::uint32_t>* {
      if (statement == nullptr) return nullptr;
      const Cell& cell = statement->entry.cells[discriminator.slot];
      if (cell.tag != CellTag::text) return nullptr;
      const auto at = discriminator.streams.find(static_cast<Symbol>(cell.num));
      return at == discriminator.streams.end() ? nullptr : &at->second;
    };
    const auto *old = demanding(before), *now = demanding(after);
    if (old == now) {
      if (now == nullptr) continue;
      for (const std::uint32_t stream : *now) replace_in_stream(before, after, stream);
      continue;
    }
    if (old != nullptr) {
      for (const std::uint32_t stream : *old) replace_in_stream(before, nullptr, stream);
    }
    if (now != nullptr) {
      for (const std::uint32_t stream : *now) replace_in_stream(nullptr, after, stream);
    }
  }
  for (const ItemFeed& feed : route.items) replace_in_item(before, after, feed);
  for (const std::uint32_t sequence : route.sequences) {
    replace_in_sequence(before, after, sequence);
  }
}

void Change::meet(const Statement& said) {
  const TypeRoute& route = route_.of_type(said.entry.type);
  const auto meet_stream = [&](std::uint32_t stream) {
    const auto now = taken(&said, stream);
    if (!now || now->key.tag == CellTag::null) return;
    for (const std::uint32_t w : route_.stream_windows[stream]) {
      meet_key(route_.window_rules[w], now->key);
    }
  };
  each_stream(route, said.entry.cells, meet_stream);
}

// ---- streams of events --------------------------------------------------------------------------

std::optional<Change::Taken> Change::taken(const Statement* statement,
                                           std::uint32_t stream_index) const {
  if (statement == nullptr) return std::nullopt;
  const Stream& stream = program_.streams[stream_index];
  const LogEntry& entry = statement->entry;
  const std::optional<Cell> value = value_in(fold_, stream, entry);
  if (!value) return std::nullopt;
  Cell key;
  if (stream.key != kNone) {
    key = entry.cells[stream.key];
    if (!can_be_key(key)) return std::nullopt;
  }
  return Taken{key, *value, statement->weight};
}

void Change::replace_in_stream(const Statement* before, const Statement* after,
                               std::uint32_t stream) {
  const auto old = taken(before, stream), now = taken(after, stream);
  if (old == now) return;
  if (old) withdraw(stream, old->key, before->entry.time, before->entry.seq);
  if (now) {
    add(stream, now->key, {after->entry.time, after->entry.seq, now->value}, now->weight);
    if (now->key.tag == CellTag::null) return;
    for (const std::uint32_t w : route_.stream_windows[stream]) {
      meet_key(route_.window_rules[w], now->key);
    }
  }
}

void Change::add(std::uint32_t stream, const Cell& key, const Sample& sample,
                 std::uint32_t weight) {
  std::uint32_t at = unit_.series_of.find(stream, key);
  if (at == kNone) {
    at = static_cast<std::uint32_t>(unit_.series.size());
    unit_.series_of.add(stream, key, at);
    Series& series = unit_.series.emplace_back();
    series.stream = stream;
    series.key = key;
    series.windows = route_.stream_windows[stream];
    series.states.resize(series.windows.size());
  }
  Moved moved;
  insert(program_, unit_.series[at], sample, weight, unit_.clock, moved);
  touch_moved(program_, route_, unit_, at, moved, cause_, earliest_);
  set_series_alarm(program_, route_, unit_, at);
}

void Change::withdraw(std::uint32_t stream, const Cell& key, Instant time, Seq seq) {
  const std::uint32_t at = unit_.series_of.find(stream, key);
  if (at == kNone) return;
  Moved moved;
  erase(program_, unit_.series[at], time, seq, unit_.clock, moved);
  touch_moved(program_, route_, unit_, at, moved, cause_, earliest_);
  set_series_alarm(program_, route_, unit_, at);
}

// The key's instances exist, and are judged, from its first event on.
void Change::meet_key(const std::vector<std::uint32_t>& rules, const Cell& key) {
  for (const std::uint32_t rule : rules) {
    if (unit_.instance_of.find(rule, key) != kNone) continue;
    touch(unit_, instance_at(unit_, rule, key), cause_, earliest_);
  }
}

// ---- items --------------------------------------------------------------------------------------

// One event in several roles: first it closes, then extends, then opens.
std::vector<ItemEvent> Change::item_events(const Statement* statement, const ItemFeed& feed) const {
  std::vector<ItemEvent> out;
  if (statement == nullptr) return out;
  const LogEntry& entry = statement->entry;
  const Item& item = program_.items[feed.item];
  if (!can_be_key(entry.cells[item.key])) return out;
  if (feed.closes && holds(fold_, item.close_where, entry)) {
    out.push_back({entry.time, entry.seq, ItemStep::close, kNever, {}});
  }
  if (feed.extends && holds(fold_, item.extend_where, entry)) {
    const Instant due = due_of(program_, fold_.symbols(), entry.cells[item.extend_due]);
    out.push_back({entry.time, entry.seq, ItemStep::extend, due, {}});
  }
  if (feed.opens && holds(fold_, item.open_where, entry)) {
    ItemEvent event{entry.time, entry.seq, ItemStep::open, kNever, {}};
    if (item.due != kNone) event.due = due_of(program_, fold_.symbols(), entry.cells[item.due]);
    for (const ItemView& view : route_.item_views[feed.item]) {
      event.facts.push_back(fact(holds(fold_, view.where, entry), view.key, entry));
    }
    out.push_back(std::move(event));
  }
  return out;
}

void Change::replace_in_item(const Statement* before, const Statement* after,
                             const ItemFeed& feed) {
  std::vector<ItemEvent> old = item_events(before, feed), now = item_events(after, feed);
  const std::uint32_t slot = program_.items[feed.item].key;
  const Cell old_key = old.empty() ? Cell{} : before->entry.cells[slot];
  const Cell now_key = now.empty() ? Cell{} : after->entry.cells[slot];
  if (old == now && old_key == now_key) return;
  constexpr Seq kNoSeq = ~Seq{0};
  if (!old.empty() && old_key == now_key) {
    edit_item(KeyedIndex{feed.item, now_key}, old.front().seq, std::move(now));
    return;
  }
  if (!old.empty()) edit_item(KeyedIndex{feed.item, old_key}, old.front().seq, {});
  if (!now.empty()) edit_item(KeyedIndex{feed.item, now_key}, kNoSeq, std::move(now));
}

// Derives the item's life anew and moves what changed in it.
void Change::edit_item(const KeyedIndex& where, Seq remove, std::vector<ItemEvent> added) {
  std::vector<ItemEvent>& events = unit_.items[where];
  const std::vector<ItemEvent> before = events;
  std::erase_if(events, [remove](const ItemEvent& event) { return event.seq == remove; });
  for (ItemEvent& event : added) {
    const auto at = std::upper_bound(events.begin(), events.end(), event, earlier<ItemEvent>);
    events.insert(at, std::move(event));
  }
  std::uint64_t ignored_before = 0, ignored_now = 0;
  const std::vector<Episode> old = episodes(before, &ignored_before),
                             now = episodes(events, &ignored_now);
  unit_.items_ignored += ignored_now - ignored_before;
  const auto& views = route_.item_views[where.index];
  for (std::size_t v = 0; v < views.size(); ++v) {
    std::size_t same = 0;  // episodes that are as they were contribute as they did
    while (same < old.size() && same < now.size() &&
           old[same].same_for(now[same], v, views[v].stream == kNone))
      ++same;
    for (std::size_t i = same; i < old.size(); ++i) contribute(views[v], v, old[i], -1);
    for (std::size_t i = same; i < now.size(); ++i) contribute(views[v], v, now[i], +1);
  }
  if (events.empty()) unit_.items.erase(where);
}

void Change::contribute(const ItemView& view, std::size_t v, const Episode& episode, int sign) {
  const Cell& fact = episode.opening->facts[v];
  if (fact.tag == CellTag::null) return;
  const Cell key = view.key == kNone ? Cell{} : fact;
  if (view.stream == kNone) {
    if (sign > 0 && view.key != kNone) meet_key(route_.measure_rules[view.measure], key);
    count_interval(view, key, episode, sign);
    return;
  }
  if (sign > 0 && view.key != kNone) {
    for (const std::uint32_t w : route_.stream_windows[view.stream]) {
      meet_key(route_.window_rules[w], key);
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
    if (sign > 0) {
      add(view.stream, key, sample, kFullWeight);
    } else {
      withdraw(view.stream, key, sample.time, sample.seq);
    }
  }
}

// The interval in which the episode counts for `open`, `overdue` or `due_within`.
void Change::count_interval(const ItemView& view, const Cell& key, const Episode& episode,
                            int sign) {
  const Measure& measure = program_.measures[view.measure];
  const Instant opened = episode.opening->time, closed = episode.closed;
  Reckoned edge{opened, opened, 0};
  if (measure.aggregate != Aggregate::open) {
    edge = measure.aggregate == Aggregate::overdue
               ? deadline_after(program_, episode.due, measure.margin)
               : warning_start(program_, episode.due, measure.margin);
    if (edge.from == kNever) return;  // without a due it never counts
  }
  const Instant end =
      measure.aggregate == Aggregate::due_within ? std::min(closed, episode.due) : closed;
  const Instant from = std::max(opened, edge.to), maybe = std::max(opened, edge.from);
  // What is over can change nothing any more.
  edit_counter(view.measure, key, closed == kNever, [&](Counter& counter) {
    counter.intervals.change(from, end, sign, unit_.clock);
    if (edge.is_certain()) return;
    unit_.uncertain = true;
    counter.unknown[edge.missing_year].change(maybe, std::min(from, end), sign, unit_.clock);
  });
}

void Change::edit_counter(std::uint32_t measure, const Cell& key, bool touches,
                          const std::function<void(Counter&)>& edit) {
  const auto [at, added] = unit_.counter_of.try_emplace(
      KeyedIndex{measure, key}, static_cast<std::uint32_t>(unit_.counters.size()));
  if (added) {
    Counter& counter = unit_.counters.emplace_back();
    counter.measure = measure;
    counter.key = key;
  }
  Counter& counter = unit_.counters[at->second];
  edit(counter);
  if (touches) {
    for (const std::uint32_t rule : route_.measure_rules[measure]) {
      touch_rule(program_, unit_, rule, key, cause_, earliest_);
    }
  }
  set_alarm(unit_, counter.due(), Waking::counter, at->second);
}

// ---- sequences ----------------------------------------------------------------------------------

std::optional<SequenceEvent> Change::sequence_event(const Statement* statement,
                                                    std::uint32_t index) const {
  if (statement == nullptr) return std::nullopt;
  const LogEntry& entry = statement->entry;
  const Sequence& sequence = program_.sequences[index];
  if (sequence.on != kNone && !can_be_key(entry.cells[sequence.on])) return std::nullopt;
  const auto is = [&](const SequenceStep& step) {
    if (!step.any_type && !std::binary_search(step.types.begin(), step.types.end(), entry.type)) {
      return false;
    }
    return holds(fold_, step.where, entry);
  };
  SequenceEvent out{entry.time, entry.seq, {}, false, {}};
  for (std::size_t i = 0; i < sequence.steps.size(); ++i) out.step[i] = is(sequence.steps[i]);
  out.excludes = sequence.without && is(*sequence.without);
  if (!out.step[0] && !out.step[1] && !out.excludes) return std::nullopt;
  for (const std::uint32_t stream : route_.sequence_streams[index]) {
    out.keys.push_back(fact(true, program_.streams[stream].key, entry));
  }
  return out;
}

void Change::replace_in_sequence(const Statement* before, const Statement* after,
                                 std::uint32_t index) {
  const auto old = sequence_event(before, index), now = sequence_event(after, index);
  const std::uint32_t on = program_.sequences[index].on;
  const Cell old_on = old && on != kNone ? before->entry.cells[on] : Cell{};
  const Cell now_on = now && on != kNone ? after->entry.cells[on] : Cell{};
  if (old == now && old_on == now_on) return;
  if (old && now && old_on == now_on) {
    edit_sequence(KeyedIndex{index, now_on}, &*old, &*now);
    return;
  }
  if (old) edit_sequence(KeyedIndex{index, old_on}, &*old, nullptr);
  if (now) edit_sequence(KeyedIndex{index, now_on}, nullptr, &*now);
}

void Change::edit_sequence(const KeyedIndex& where, const SequenceEvent* remove,
                           const SequenceEvent* add_event) {
  std::vector<SequenceEvent>& events = unit_.sequences[where];
  const std::vector<SequenceEvent> before = events;
  if (remove != nullptr) {
    std::erase_if(events, [&](const SequenceEvent& event) { return event.seq == remove->seq; });
  }
  if (add_event != nullptr) {
    events.insert(
        std::upper_bound(events.begin(), events.end(), *add_event, earlier<SequenceEvent>),
        *add_event);
  }
  const Sequence& sequence = program_.sequences[where.index];
  const auto old = matches(program_, sequence, before), now = matches(program_, sequence, events);
  const auto same = [](const SequenceMatch& a, const SequenceMatch& b) {
    return a.time == b.time && *a.by == *b.by && a.missing_year == b.missing_year;
  };
  const auto gone = [&](const SequenceMatch& match, const std::vector<SequenceMatch>& others) {
    return std::none_of(others.begin(), others.end(),
                        [&](const SequenceMatch& other) { return same(match, other); });
  };
  for (const SequenceMatch& m : old) {
    if (gone(m, now)) match(where.index, m, -1);
  }
  for (const SequenceMatch& m : now) {
    if (gone(m, old)) match(where.index, m, +1);
  }
  if (events.empty()) unit_.sequences.erase(where);
}

void Change::match(std::uint32_t index, const SequenceMatch& match, int sign) {
  const auto& streams = route_.sequence_streams[index];
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const Cell& fact = match.by->keys[i];
    if (fact.tag == CellTag::null) continue;
    const Cell key = program_.streams[streams[i]].key == kNone ? Cell{} : fact;
    if (match.missing_year != 0) {
      match_unknown(streams[i], key, match, sign);
      if (sign < 0) continue;
    } else if (sign < 0) {
      withdraw(streams[i], key, match.time, match.by->seq);
      continue;
    } else {
      add(streams[i], key, {match.time, match.by->seq, Cell{CellTag::boolean, 1, 1}}, kFullWeight);
    }
    if (key.tag == CellTag::null || match.time > unit_.clock) continue;
    for (const std::uint32_t w : route_.stream_windows[streams[i]]) {
      meet_key(route_.window_rules[w], key);
    }
  }
}

// Whatever looks at the sequence cannot be told until the calendar has the year.
void Change::match_unknown(std::uint32_t stream, const Cell& key, const SequenceMatch& match,
                           int sign) {
  unit_.uncertain = true;
  for (const std::uint32_t w : route_.stream_windows[stream]) {
    for (const std::uint32_t measure : route_.window_measures[w]) {
      edit_counter(measure, key, true, [&](Counter& counter) {
        counter.unknown[match.missing_year].change(match.time, kNever, sign, unit_.clock);
      });
    }
  }
}

}  // namespace lianqing
