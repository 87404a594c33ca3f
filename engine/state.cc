#include "engine/state.h"

#include <algorithm>

#include "lianqing/bytes.h"
#include "engine/fold.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kVersion = 1;

// ---- encoding
// ------------------------------------------------------------------------------------

class Encoder {
 public:
  Encoder(const UnitState& unit, const Symbols& symbols) : unit_(unit), symbols_(symbols) {}

  std::string run() {
    ByteWriter out;
    out.unsigned_integer(kVersion);
    out.text(unit_.name);
    out.unsigned_integer((unit_.registered ? 1U : 0U) | (unit_.seen ? 2U : 0U) |
                         (unit_.open ? 4U : 0U));
    out.integer(micros(unit_.clock));
    out.unsigned_integer(unit_.attributes.size());
    for (const Cell& cell : unit_.attributes) put(out, cell);
    out.unsigned_integer(unit_.items_ignored);
    section(out, unit_.series_of,
            [this](ByteWriter& w, std::uint32_t i) { return put_series(w, i); });
    section(out, unit_.counter_of,
            [this](ByteWriter& w, std::uint32_t i) { return put_counter(w, i); });
    section(out, unit_.instance_of,
            [this](ByteWriter& w, std::uint32_t i) { return put_instance(w, i); });
    put_items(out);
    out.unsigned_integer(unit_.pending.size());
    for (const OwnedEntry& entry : unit_.pending) put(out, entry);
    put_names(out);
    return out.take();
  }

 private:
  void put(ByteWriter& out, const Cell& cell) const {
    out.unsigned_integer(static_cast<std::uint64_t>(cell.tag));
    switch (cell.tag) {
      case CellTag::null: break;
      case CellTag::text: out.text(symbols_.text(static_cast<Symbol>(cell.num))); break;
      case CellTag::number:
      case CellTag::list:
        out.integer(cell.num);
        out.unsigned_integer(cell.den);
        break;
      case CellTag::boolean:
      case CellTag::time:
      case CellTag::date: out.integer(cell.num); break;
    }
  }

  // Entries in bytewise order of (table index, key), which no run-time numbering can change. `put`
  // returns whether the entry says more than its absence.
  template <class Put>
  void section(ByteWriter& out, const std::map<KeyedIndex, std::uint32_t>& index,
               Put put_entry) const {
    std::vector<std::string> entries;
    for (const auto& [where, position] : index) {
      ByteWriter entry;
      entry.unsigned_integer(where.index);
      put(entry, where.key);
      if (put_entry(entry, position)) entries.push_back(entry.take());
    }
    put_sorted(out, entries);
  }

  static void put_sorted(ByteWriter& out, std::vector<std::string>& entries) {
    std::sort(entries.begin(), entries.end());
    out.unsigned_integer(entries.size());
    for (const std::string& entry : entries) out.raw(entry);
  }

  bool put_series(ByteWriter& out, std::uint32_t index) const {
    const Series& series = unit_.series[index];
    out.unsigned_integer(series.samples.size() - series.head);
    Instant last{Duration{0}};
    for (std::size_t i = series.head; i < series.samples.size(); ++i) {
      const Sample& sample = series.samples[i];
      out.integer((sample.time - last).count());
      out.unsigned_integer(sample.seq);
      put(out, sample.value);
      last = sample.time;
      seen_.push_back(sample.seq);
    }
    return series.head < series.samples.size();
  }

  bool put_counter(ByteWriter& out, std::uint32_t index) const {
    const IntervalCount& intervals = unit_.counters[index].intervals;
    out.integer(intervals.active);
    out.unsigned_integer(intervals.ahead.size());
    for (const auto& [at, change] : intervals.ahead) {
      out.integer(micros(at));
      out.integer(change);
    }
    return intervals.active != 0 || !intervals.ahead.empty();
  }

  bool put_instance(ByteWriter& out, std::uint32_t index) const {
    const Instance& instance = unit_.instances[index];
    out.unsigned_integer(static_cast<std::uint64_t>(instance.level));
    out.unsigned_integer((instance.grey ? 1U : 0U) | (instance.judged ? 2U : 0U) |
                         (instance.touched ? 4U : 0U));
    for (const Instant at : {instance.since, instance.enter_since[1], instance.enter_since[2],
                             instance.exit_since, instance.due}) {
      out.integer(micros(at));
    }
    if (instance.touched) {
      out.unsigned_integer(static_cast<std::uint64_t>(instance.cause));
      out.integer(micros(instance.earliest));
    }
    return true;
  }

  void put_items(ByteWriter& out) const {
    std::vector<std::string> entries;
    for (const auto& [where, events] : unit_.items) {
      if (events.empty()) continue;
      ByteWriter entry;
      entry.unsigned_integer(where.index);
      put(entry, where.key);
      entry.unsigned_integer(events.size());
      for (const ItemEvent& event : events) {
        entry.integer(micros(event.time));
        entry.unsigned_integer(event.seq);
        entry.unsigned_integer(static_cast<std::uint64_t>(event.step));
        entry.integer(micros(event.due));
        entry.unsigned_integer(event.facts.size());
        for (const Cell& fact : event.facts) put(entry, fact);
        seen_.push_back(event.seq);
      }
      entries.push_back(entry.take());
    }
    put_sorted(out, entries);
  }

  void put(ByteWriter& out, const OwnedEntry& waiting) const {
    const LogEntry& entry = waiting.entry;
    out.unsigned_integer(entry.seq);
    out.integer(micros(entry.time));
    out.integer(micros(entry.clock));
    out.unsigned_integer(entry.type);
    out.text(waiting.id);
    out.text(waiting.source);
    out.text(waiting.type_name);
    for (const auto* cells : {&waiting.cells, &waiting.elements}) {
      out.unsigned_integer(cells->size());
      for (const Cell& cell : *cells) put(out, cell);
    }
  }

  // Only the names that something above refers to.
  void put_names(ByteWriter& out) const {
    std::sort(seen_.begin(), seen_.end());
    seen_.erase(std::unique(seen_.begin(), seen_.end()), seen_.end());
    std::vector<std::pair<Seq, const std::string*>> names;
    for (const Seq seq : seen_) {
      if (const std::string* id = unit_.events.find(seq)) names.emplace_back(seq, id);
    }
    out.unsigned_integer(names.size());
    for (const auto& [seq, id] : names) {
      out.unsigned_integer(seq);
      out.text(*id);
    }
  }

  const UnitState& unit_;
  const Symbols& symbols_;
  mutable std::vector<Seq> seen_;
};

// ---- decoding
// ------------------------------------------------------------------------------------

class Decoder {
 public:
  Decoder(std::string_view bytes, const Program& program, const Route& route, Symbols& symbols)
      : in_(bytes), program_(program), route_(route), symbols_(symbols) {}

  Result<UnitState> run() {
    if (in_.unsigned_integer() != kVersion)
      return failure(ErrorCode::corrupt, "unit state: unknown format version");
    unit_.name = in_.text();
    const std::uint64_t flags = in_.unsigned_integer();
    unit_.registered = (flags & 1) != 0;
    unit_.seen = (flags & 2) != 0;
    unit_.open = (flags & 4) != 0;
    unit_.clock = instant(in_.integer());
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n)
      unit_.attributes.push_back(cell());
    unit_.items_ignored = in_.unsigned_integer();
    section(program_.streams.size(), unit_.series_of, [this](auto where) {
      get_series(where);
      return unit_.series.size();
    });
    section(program_.measures.size(), unit_.counter_of, [this](auto where) {
      get_counter(where);
      return unit_.counters.size();
    });
    section(program_.rules.size(), unit_.instance_of, [this](auto where) {
      get_instance(where);
      return unit_.instances.size();
    });
    get_items();
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) get_pending();
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) {
      const Seq seq = in_.unsigned_integer();
      unit_.events.names.emplace_back(seq, in_.text());
    }
    if (!in_.at_end() || bad_)
      return failure(ErrorCode::corrupt,
                     "unit state: malformed bytes for unit '" + unit_.name + "'");
    unit_.events.sweep_at = 2 * unit_.events.names.size() + 256;
    wind_up();
    return std::move(unit_);
  }

 private:
  // Lists occur only in waiting events, whose pool they point into.
  Cell cell(bool may_be_list = false) {
    Cell out;
    const std::uint64_t tag = in_.unsigned_integer();
    if (tag > static_cast<std::uint64_t>(CellTag::list)) {
      bad_ = true;
      return out;
    }
    out.tag = static_cast<CellTag>(tag);
    if (out.tag == CellTag::list && !may_be_list) bad_ = true;
    switch (out.tag) {
      case CellTag::null: break;
      case CellTag::text: out.num = symbols_.intern(in_.text()); break;
      case CellTag::number:
      case CellTag::list:
        out.num = in_.integer();
        out.den = static_cast<std::uint32_t>(in_.unsigned_integer());
        if (out.tag == CellTag::number && (out.den == 0 || out.den > 1'000'000)) bad_ = true;
        break;
      case CellTag::boolean:
      case CellTag::time:
      case CellTag::date: out.num = in_.integer(); break;
    }
    return out;
  }

  template <class Get>
  void section(std::size_t table, std::map<KeyedIndex, std::uint32_t>& index, Get get) {
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) {
      KeyedIndex where;
      where.index = static_cast<std::uint32_t>(in_.unsigned_integer());
      where.key = cell();
      if (in_.failed() || bad_ || where.index >= table) {
        bad_ = true;
        return;
      }
      const std::size_t size = get(where);
      index[where] = static_cast<std::uint32_t>(size - 1);
    }
  }

  void get_series(const KeyedIndex& where) {
    Series& series = unit_.series.emplace_back();
    series.stream = where.index;
    series.key = where.key;
    series.windows = route_.stream_windows[where.index];
    series.states.resize(series.windows.size());
    Instant last{Duration{0}};
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) {
      Sample sample;
      last = instant(static_cast<std::int64_t>(static_cast<std::uint64_t>(micros(last)) +
                                               static_cast<std::uint64_t>(in_.integer())));
      sample.time = last;
      sample.seq = in_.unsigned_integer();
      sample.value = cell();
      series.samples.push_back(sample);
    }
  }

  void get_counter(const KeyedIndex& where) {
    Counter& counter = unit_.counters.emplace_back();
    counter.measure = where.index;
    counter.key = where.key;
    counter.intervals.active = in_.integer();
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) {
      const Instant at = instant(in_.integer());
      counter.intervals.ahead[at] = in_.integer();
    }
  }

  void get_instance(const KeyedIndex& where) {
    Instance& instance = unit_.instances.emplace_back();
    instance.rule = where.index;
    instance.key = where.key;
    const std::uint64_t level = in_.unsigned_integer();
    if (level >= kLevels) bad_ = true;
    instance.level = static_cast<Level>(level % kLevels);
    const std::uint64_t flags = in_.unsigned_integer();
    instance.grey = (flags & 1) != 0;
    instance.judged = (flags & 2) != 0;
    instance.touched = (flags & 4) != 0;
    for (Instant* at : {&instance.since, &instance.enter_since[1], &instance.enter_since[2],
                        &instance.exit_since, &instance.due}) {
      *at = instant(in_.integer());
    }
    if (instance.touched) {
      instance.cause = static_cast<Cause>(in_.unsigned_integer() % 6);
      instance.earliest = instant(in_.integer());
    }
  }

  void get_items() {
    for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) {
      KeyedIndex where;
      where.index = static_cast<std::uint32_t>(in_.unsigned_integer());
      where.key = cell();
      if (in_.failed() || where.index >= program_.items.size()) {
        bad_ = true;
        return;
      }
      auto& events = unit_.items[where];
      for (std::uint64_t k = in_.count(); k > 0 && !in_.failed(); --k) {
        ItemEvent& event = events.emplace_back();
        event.time = instant(in_.integer());
        event.seq = in_.unsigned_integer();
        const std::uint64_t step = in_.unsigned_integer();
        if (step > 2) bad_ = true;
        event.step = static_cast<ItemStep>(step % 3);
        event.due = instant(in_.integer());
        for (std::uint64_t f = in_.count(); f > 0 && !in_.failed(); --f)
          event.facts.push_back(cell());
        const std::size_t expected =
            event.step == ItemStep::open ? route_.item_views[where.index].size() : 0;
        if (event.facts.size() != expected) bad_ = true;
      }
    }
  }

  void get_pending() {
    LogEntry entry;
    entry.seq = in_.unsigned_integer();
    entry.time = instant(in_.integer());
    entry.clock = instant(in_.integer());
    entry.type = static_cast<std::uint32_t>(in_.unsigned_integer());
    if (entry.type != kNone && entry.type >= program_.types.size()) bad_ = true;
    OwnedEntry owned(entry, 0, 0);
    owned.id = in_.text();
    owned.source = in_.text();
    owned.type_name = in_.text();
    for (auto* cells : {&owned.cells, &owned.elements}) {
      for (std::uint64_t n = in_.count(); n > 0 && !in_.failed(); --n) cells->push_back(cell(true));
    }
    if (owned.cells.size() != program_.slots.size()) bad_ = true;
    for (const Cell& c : owned.cells) {
      const bool list = c.tag == CellTag::list;
      if (list &&
          (c.num < 0 || static_cast<std::uint64_t>(c.num) + c.den > owned.elements.size())) {
        bad_ = true;
      }
    }
    for (const Cell& c : owned.elements) bad_ = bad_ || c.tag == CellTag::list;
    unit_.pending.push_back(std::move(owned));
  }

  // Everything that is derived: window bounds and sums, alarms, the list of touched instances.
  void wind_up() {
    Moved moved;
    for (std::uint32_t i = 0; i < unit_.series.size(); ++i) {
      Series& series = unit_.series[i];
      advance(program_, series, unit_.clock, moved);
      series.alarm = series_due(program_, route_, series, unit_.clock);
      set_alarm(unit_, series.alarm, Waking::series, i);
    }
    for (std::uint32_t i = 0; i < unit_.counters.size(); ++i) {
      set_alarm(unit_, unit_.counters[i].intervals.due(), Waking::counter, i);
    }
    for (std::uint32_t i = 0; i < unit_.instances.size(); ++i) {
      set_alarm(unit_, unit_.instances[i].due, Waking::instance, i);
      if (unit_.instances[i].touched) unit_.touched.push_back(i);
    }
    for (const OwnedEntry& entry : unit_.pending) {
      set_alarm(unit_, entry.entry.time, Waking::pending, 0);
    }
  }

  ByteReader in_;
  const Program& program_;
  const Route& route_;
  Symbols& symbols_;
  UnitState unit_;
  bool bad_ = false;
};

}  // namespace

const std::string* EventNames::find(Seq seq) const {
  const auto at = std::lower_bound(names.begin(), names.end(), seq,
                                   [](const auto& name, Seq s) { return name.first < s; });
  return at != names.end() && at->first == seq ? &at->second : nullptr;
}

void remember(UnitState& unit, Seq seq, std::string_view id) {
  auto& names = unit.events.names;
  if (names.empty() || names.back().first < seq) {
    names.emplace_back(seq, id);
  } else if (unit.events.find(seq) == nullptr) {  // waited in `pending` while newer ones came
    const auto at = std::lower_bound(names.begin(), names.end(), seq,
                                     [](const auto& name, Seq s) { return name.first < s; });
    names.emplace(at, seq, id);
  }
  if (names.size() < unit.events.sweep_at) return;
  std::vector<Seq> used;
  for (const Series& series : unit.series) {
    for (std::size_t i = series.head; i < series.samples.size(); ++i)
      used.push_back(series.samples[i].seq);
  }
  for (const auto& [where, events] : unit.items) {
    for (const ItemEvent& event : events) used.push_back(event.seq);
  }
  used.push_back(seq);
  std::sort(used.begin(), used.end());
  std::erase_if(names, [&](const auto& name) {
    return !std::binary_search(used.begin(), used.end(), name.first);
  });
  unit.events.sweep_at = 2 * names.size() + 256;
}

const Series* UnitState::find_series(std::uint32_t stream, const Cell& key) const {
  const auto at = series_of.find(KeyedIndex{stream, key});
  return at == series_of.end() ? nullptr : &series[at->second];
}

const Counter* UnitState::find_counter(std::uint32_t measure, const Cell& key) const {
  const auto at = counter_of.find(KeyedIndex{measure, key});
  return at == counter_of.end() ? nullptr : &counters[at->second];
}

std::string encode(const UnitState& unit, const Program&, const Symbols& symbols) {
  return Encoder(unit, symbols).run();
}

Result<UnitState> decode(std::string_view bytes, const Program& program, const Route& route,
                         Symbols& symbols) {
  Result<UnitState> unit = Decoder(bytes, program, route, symbols).run();
  // Bytes that say the same in another way are not ours either.
  if (unit && encode(*unit, program, symbols) != bytes) {
    return failure(ErrorCode::corrupt,
                   "unit state: not in canonical form for '" + unit->name + "'");
  }
  return unit;
}

}  // namespace lianqing
