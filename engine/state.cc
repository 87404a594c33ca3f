#include "engine/state.h"

#include <algorithm>

#include "engine/decide.h"
#include "engine/judge.h"
#include "engine/touch.h"
#include "engine/warning_views.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::uint64_t kVersion = 3;

// Instants of an instance: which of them are there stands in its flags, in this order. Most are
// not.
constexpr std::uint64_t kFirstInstant = 64;

template <class Instance>
auto instants_of(Instance& instance) {
  return std::array{&instance.since,      &instance.enter_since[1], &instance.enter_since[2],
                    &instance.exit_since, &instance.left_green,     &instance.due};
}

// ---- encoding
// ------------------------------------------------------------------------------------

class Encoder {
 public:
  Encoder(const UnitState& unit, const Fold& fold)
      : unit_(unit), program_(fold.program()), route_(fold.route()), symbols_(fold.symbols()) {}

  std::string run() {
    ByteWriter out;
    out.unsigned_integer(kVersion);
    out.text(unit_.name);
    out.unsigned_integer((unit_.registered ? 1U : 0U) | (unit_.seen ? 2U : 0U) |
                         (unit_.open ? 4U : 0U) | (unit_.emptied ? 8U : 0U) |
                         (unit_.dissolved ? 16U : 0U));
    out.text(unit_.parent);
    out.unsigned_integer(unit_.successors.size());
    for (const std::string& successor : unit_.successors) out.text(successor);
    out.integer(micros(unit_.clock));
    out.integer(micros(unit_.activated));
    if (unit_.open) {
      out.unsigned_integer(static_cast<std::uint64_t>(unit_.moved_by));
      out.integer(micros(unit_.moved_since));
    }
    out.unsigned_integer(unit_.attributes.size());
    for (const Cell& cell : unit_.attributes) put(out, cell);
    out.unsigned_integer(unit_.rows.all().size());
    EntryRoom room;
    for (const Row& row : unit_.rows.all()) {
      put(out, unit_.rows.entry(row, program_.slots.size(), room));
    }
    for (const auto* decisions : {&unit_.decisions, &unit_.moves}) {
      out.unsigned_integer(decisions->size());
      for (const Decision& decision : *decisions) put(out, decision);
    }
    put_instances(out);
    put_raised(out);
    out.unsigned_integer(unit_.given.size());
    for (const auto& [measure, value] : unit_.given) {
      out.unsigned_integer(measure);
      out.unsigned_integer(value.is_null() ? 0 : 1);
      if (value.is_null()) continue;
      out.integer(value.number.num());
      out.integer(value.number.den());
    }
    out.unsigned_integer(unit_.pending.size());
    for (const OwnedEntry& waiting : unit_.pending) {
      const LogEntry entry = waiting.view();
      put(out, entry);
      out.integer(micros(entry.clock));
      out.unsigned_integer(waiting.decisions.size());
      for (const Decision& decision : waiting.decisions) put(out, decision);
    }
    return out.take();
  }

 private:
  void put(ByteWriter& out, const Cell& cell, const Cell* elements = nullptr) const {
    out.unsigned_integer(static_cast<std::uint64_t>(cell.tag));
    switch (cell.tag) {
      case CellTag::null: break;
      case CellTag::text: out.text(symbols_.text(static_cast<Symbol>(cell.num))); break;
      case CellTag::number:
        out.integer(cell.num);
        out.unsigned_integer(cell.den);
        break;
      case CellTag::list:
        out.unsigned_integer(cell.den);
        for (std::uint32_t i = 0; i < cell.den; ++i) put(out, elements[cell.num + i]);
        break;
      case CellTag::boolean:
      case CellTag::time:
      case CellTag::date: out.integer(cell.num); break;
    }
  }

  void put_symbol(ByteWriter& out, Symbol symbol) const {
    out.unsigned_integer(symbol == kNone ? 0 : 1);
    if (symbol != kNone) out.text(symbols_.text(symbol));
  }

  void put(ByteWriter& out, const LogEntry& entry) const {
    out.unsigned_integer(entry.seq);
    out.integer(micros(entry.time));
    out.unsigned_integer(entry.type == kNone ? 0 : entry.type + 1);
    out.unsigned_integer(static_cast<std::uint64_t>(entry.kind));
    for (const Symbol symbol : {entry.source, entry.type_name, entry.complaint}) {
      put_symbol(out, symbol);
    }
    out.text(entry.id);
    std::uint64_t present = 0;
    for (std::size_t slot = 0; slot < program_.slots.size(); ++slot) {
      present += entry.cells[slot].tag != CellTag::null;
    }
    out.unsigned_integer(present);
    for (std::size_t slot = 0; slot < program_.slots.size(); ++slot) {
      if (entry.cells[slot].tag == CellTag::null) continue;
      out.unsigned_integer(slot);
      put(out, entry.cells[slot], entry.elements);
    }
  }

  void put(ByteWriter& out, const Decision& decision) const {
    out.unsigned_integer(static_cast<std::uint64_t>(decision.kind));
    out.unsigned_integer(static_cast<std::uint64_t>(decision.cause));
    out.unsigned_integer(decision.seq);
    out.integer(micros(decision.time));
    out.unsigned_integer(static_cast<std::uint64_t>(decision.names));
    out.text(decision.target);
    put_symbol(out, decision.source);
    out.unsigned_integer(decision.weight);
    out.unsigned_integer(decision.met ? 1 : 0);
    out.unsigned_integer(decision.patch.size());
    for (const auto& [slot, cell] : decision.patch) {
      out.unsigned_integer(slot);
      put(out, cell, decision.elements.data());
    }
  }

  // In bytewise order of (rule, key), which no run-time numbering can change.
  void put_instances(ByteWriter& out) const {
    ByteWriter entry;
    std::vector<std::size_t> ends;
    for (const auto& [where, position] : unit_.instance_of) {
      const Instance& instance = unit_.instances[position];
      const std::optional<Touch> touch = touch_of(program_, route_, unit_, instance);
      entry.unsigned_integer(where.index);
      put(entry, where.key);
      entry.unsigned_integer(static_cast<std::uint64_t>(instance.level));
      std::uint64_t flags = (instance.grey ? 1U : 0U) | (instance.judged ? 2U : 0U) |
                            (touch ? 4U : 0U) | (instance.exit_withdrawn ? 8U : 0U) |
                            (touch && touch->withdrawn ? 16U : 0U) |
                            (instance.missing_year != 0 ? 32U : 0U);
      const auto instants = instants_of(instance);
      for (std::size_t i = 0; i < instants.size(); ++i) {
        if (*instants[i] != kNever) flags |= kFirstInstant << i;
      }
      entry.unsigned_integer(flags);
      if (instance.missing_year != 0) entry.integer(instance.missing_year);
      for (const Instant* at : instants) {
        if (*at != kNever) entry.integer(micros(*at));
      }
      if (touch) {
        entry.unsigned_integer(static_cast<std::uint64_t>(touch->cause));
        entry.integer(micros(touch->earliest));
      }
      ends.push_back(entry.size());
    }
    put_sorted(out, entry.take(), ends);
  }

  void put_raised(ByteWriter& out) const {
    ByteWriter entry;
    std::vector<std::size_t> ends;
    for (const Raised& rise : unit_.raised) {
      entry.integer(micros(rise.time));
      entry.unsigned_integer(rise.rule);
      put(entry, rise.key);
      entry.unsigned_integer(static_cast<std::uint64_t>(rise.level));
      ends.push_back(entry.size());
    }
    put_sorted(out, entry.take(), ends);
  }

  // `all`: entries, one behind the other, that end there.
  static void put_sorted(ByteWriter& out, const std::string& all,
                         const std::vector<std::size_t>& ends) {
    std::vector<std::string_view> entries;
    entries.reserve(ends.size());
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      entries.push_back(std::string_view(all).substr(begin, end - begin));
      begin = end;
    }
    std::sort(entries.begin(), entries.end());
    out.unsigned_integer(entries.size());
    for (const std::string_view entry : entries) out.raw(entry);
  }

  const UnitState& unit_;
  const Program& program_;
  const Route& route_;
  const Symbols& symbols_;
};

// ---- decoding
// ------------------------------------------------------------------------------------

class Decoder {
 public:
  Decoder(std::string_view bytes, const Fold& fold, Symbols& symbols)
      : in_(bytes), fold_(fold), program_(fold.program()), symbols_(symbols) {}

  Result<UnitState> run() {
    if (in_.unsigned_integer() != kVersion)
      return failure(ErrorCode::corrupt, "unit state: unknown format version");
    unit_.name = in_.text();
    const std::uint64_t flags = in_.unsigned_integer();
    unit_.registered = (flags & 1) != 0;
    unit_.seen = (flags & 2) != 0;
    unit_.dissolved = (flags & 16) != 0;
    unit_.parent = in_.text();
    each([this] { unit_.successors.emplace_back(in_.text()); });
    unit_.clock = instant(in_.integer());
    unit_.activated = instant(in_.integer());
    if ((flags & 4) != 0) {
      unit_.moved_by = one_of(Cause::decision);
      unit_.moved_since = instant(in_.integer());
    }
    each([this] { unit_.attributes.push_back(cell(nullptr)); });
    std::vector<OwnedEntry> rows;
    each([&] { rows.push_back(entry()); });
    each([this] { unit_.decisions.push_back(decision()); });
    each([this] { unit_.moves.push_back(decision()); });
    if (!bad()) derive(rows);
    unit_.open = (flags & 4) != 0;
    unit_.emptied = (flags & 8) != 0;
    const std::uint64_t instances = in_.count();
    unit_.instances.reserve(instances);
    for (std::uint64_t i = 0; i < instances && !bad(); ++i) get_instance();
    each([this] { get_raised(); });
    each([this] { get_given(); });
    each([this] { get_pending(); });
    if (!in_.at_end() || bad())
      return failure(ErrorCode::corrupt,
                     "unit state: malformed bytes for unit '" + unit_.name + "'");
    set_view_alarms(fold_, unit_);
    return std::move(unit_);
  }

 private:
  bool bad() const { return bad_ || in_.failed(); }

  template <class Get>
  void each(Get get) {
    for (std::uint64_t n = in_.count(); n > 0 && !bad(); --n) get();
  }

  template <class Enum>
  Enum one_of(Enum last) {
    const std::uint64_t value = in_.unsigned_integer();
    if (value > static_cast<std::uint64_t>(last)) {
      bad_ = true;
      return last;
    }
    return static_cast<Enum>(value);
  }

  std::uint32_t index(std::size_t table) {
    const std::uint64_t value = in_.unsigned_integer();
    if (value < table) return static_cast<std::uint32_t>(value);
    bad_ = true;
    return 0;
  }

  // Lists go to `elements`, where there may be any.
  Cell cell(std::vector<Cell>* elements) {
    Cell out;
    out.tag = one_of(CellTag::list);
    switch (out.tag) {
      case CellTag::null: break;
      case CellTag::text: out.num = symbols_.intern(in_.text()); break;
      case CellTag::number:
        out.num = in_.integer();
        out.den = static_cast<std::uint32_t>(in_.unsigned_integer());
        if (out.den == 0 || out.den > 1'000'000) bad_ = true;
        break;
      case CellTag::list: {
        std::vector<Cell> inner;
        if (elements == nullptr) bad_ = true;
        each([&] { inner.push_back(cell(nullptr)); });
        if (bad()) break;
        out.den = static_cast<std::uint32_t>(inner.size());
        out.num = static_cast<std::int64_t>(elements->size());
        elements->insert(elements->end(), inner.begin(), inner.end());
        break;
      }
      case CellTag::boolean:
      case CellTag::time:
      case CellTag::date: out.num = in_.integer(); break;
    }
    return out;
  }

  Symbol symbol() { return in_.unsigned_integer() == 0 ? kNone : symbols_.intern(in_.text()); }

  OwnedEntry entry() {
    LogEntry head;
    head.seq = in_.unsigned_integer();
    head.time = instant(in_.integer());
    head.clock = head.time;
    head.type = index(program_.types.size() + 1) - 1;
    head.kind = one_of(RecordKind::final_decision);
    head.source = symbol();
    head.type_name = symbol();
    head.complaint = symbol();
    OwnedEntry out(head, 0, 0);
    out.id = in_.text();
    out.cells.resize(program_.slots.size());
    each([&] {
      if (const std::uint32_t slot = index(out.cells.size()); !bad()) {
        out.cells[slot] = cell(&out.elements);
      }
    });
    return out;
  }

  Decision decision() {
    Decision out;
    out.kind = one_of(DecisionKind::hand_over);
    out.cause = one_of(Cause::decision);
    out.seq = in_.unsigned_integer();
    out.time = instant(in_.integer());
    out.names = one_of(TargetKind::complaint);
    out.target = in_.text();
    out.source = symbol();
    out.weight = static_cast<std::uint32_t>(in_.unsigned_integer());
    if (out.weight > kFullWeight) bad_ = true;
    out.met = in_.unsigned_integer() != 0;
    each([&] {
      const std::uint32_t slot =
          index(out.kind == DecisionKind::describe ? program_.unit_attributes.size()
                                                   : program_.slots.size());
      out.patch.emplace_back(slot, cell(&out.elements));
    });
    return out;
  }

  // Windows, items, sequences and their alarms follow from the rows; what the rows would touch has
  // been judged already.
  void derive(const std::vector<OwnedEntry>& rows) {
    Effects unheard;
    Change change(fold_, unit_, Cause::event, kNever, unheard);
    for (const OwnedEntry& row : rows) {
      unit_.rows.add(row.view(), program_.slots.size());
      EntryRoom room;
      const Statement said = statement(fold_, unit_, *unit_.rows.find(row.entry.seq), room);
      change.replace(nullptr, &said);
    }
    unit_.instances.clear();
    unit_.instance_of.clear();
    unit_.touched.clear();
    forget_moves(unit_);
  }

  void get_instance() {
    const std::uint32_t rule = index(program_.rules.size());
    const Cell key = cell(nullptr);
    if (bad()) return;
    const std::uint32_t at = instance_at(unit_, rule, key);
    Instance& instance = unit_.instances[at];
    instance.level = one_of(Level::red);
    const std::uint64_t flags = in_.unsigned_integer();
    instance.grey = (flags & 1) != 0;
    instance.judged = (flags & 2) != 0;
    instance.touched = (flags & 4) != 0;
    instance.exit_withdrawn = (flags & 8) != 0;
    instance.withdrawn = (flags & 16) != 0;
    if ((flags & 32) != 0) instance.missing_year = static_cast<int>(in_.integer());
    unit_.uncertain = unit_.uncertain || instance.missing_year != 0;
    const auto instants = instants_of(instance);
    for (std::size_t i = 0; i < instants.size(); ++i) {
      if ((flags & (kFirstInstant << i)) == 0) continue;
      *instants[i] = instant(in_.integer());
      bad_ = bad_ || *instants[i] == kNever;
    }
    if (instance.touched) {
      instance.cause = one_of(Cause::decision);
      instance.earliest = instant(in_.integer());
      unit_.touched.push_back(at);
    }
    set_alarm(unit_, instance.due, Waking::instance, at);
    instance.restless =
        fold_.route().quiet.rules[rule] && is_restless(program_.rules[rule], instance, unit_.clock);
    if (instance.restless) unit_.restless.push_back(at);
  }

  void get_raised() {
    Raised& rise = unit_.raised.emplace_back();
    rise.time = instant(in_.integer());
    rise.rule = index(program_.rules.size());
    rise.key = cell(nullptr);
    rise.level = one_of(Level::red);
  }

  void get_given() {
    const std::uint32_t measure = index(program_.measures.size());
    if (in_.unsigned_integer() == 0) {
      unit_.given[measure] = Operand{};
      return;
    }
    const std::int64_t num = in_.integer(), den = in_.integer();
    if (den <= 0) {
      bad_ = true;
      return;
    }
    unit_.given[measure] = Operand::of(Number::ratio(num, den));
  }

  void get_pending() {
    OwnedEntry waiting = entry();
    waiting.entry.clock = instant(in_.integer());
    each([&] { waiting.decisions.push_back(decision()); });
    set_alarm(unit_, waiting.entry.time, Waking::pending, 0);
    unit_.pending.push_back(std::move(waiting));
  }

  ByteReader in_;
  const Fold& fold_;
  const Program& program_;
  Symbols& symbols_;
  UnitState unit_;
  bool bad_ = false;
};

}  // namespace

const Series* UnitState::find_series(std::uint32_t stream, const Cell& key) const {
  const std::uint32_t at = series_of.find(stream, key);
  return at == kNone ? nullptr : &series[at];
}

const Counter* UnitState::find_counter(std::uint32_t measure, const Cell& key) const {
  const auto at = counter_of.find(KeyedIndex{measure, key});
  return at == counter_of.end() ? nullptr : &counters[at->second];
}

Instant Counter::due() const {
  Instant due = intervals.due();
  for (const auto& [year, held] : unknown) due = std::min(due, held.due());
  return due;
}

void Counter::advance(Instant t) {
  intervals.advance(t);
  for (auto& [year, held] : unknown) held.advance(t);
}

int Counter::missing_year() const {
  for (const auto& [year, held] : unknown) {
    if (held.active > 0) return year;
  }
  return 0;
}

std::set<int> missing_years(const UnitState& unit) {
  std::set<int> out;
  if (!unit.uncertain) return out;
  for (const Counter& counter : unit.counters) {
    for (const auto& [year, held] : counter.unknown) {
      if (held.active > 0 || !held.ahead.empty()) out.insert(year);
    }
  }
  for (const Instance& instance : unit.instances) {
    if (instance.missing_year != 0) out.insert(instance.missing_year);
  }
  return out;
}

std::string encode(const UnitState& unit, const Fold& fold) { return Encoder(unit, fold).run(); }

Status rederive(UnitState& unit, const Fold& fold, Symbols& symbols) {
  auto fresh = Decoder(encode(unit, fold), fold, symbols).run();
  if (!fresh) return Unexpected<Error>(fresh.error());
  unit = std::move(*fresh);
  return {};
}

Result<UnitState> decode_own(std::string_view bytes, const Fold& fold, Symbols& symbols) {
  return Decoder(bytes, fold, symbols).run();
}

Result<UnitState> decode(std::string_view bytes, const Fold& fold, Symbols& symbols) {
  Result<UnitState> unit = decode_own(bytes, fold, symbols);
  // Bytes that say the same in another way are not ours either.
  if (unit && encode(*unit, fold) != bytes) {
    return failure(ErrorCode::corrupt,
                   "unit state: not in canonical form for '" + unit->name + "'");
  }
  return unit;
}

}  // namespace lianqing
