// The bytes of a casebook: one description of each record, walked by a writer and by a reader.
#include <algorithm>

#include "engine/casebook/casebook.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::string_view kVersion = "lianqing-casebook/3";

// Far beyond any accepted time, near enough for arithmetic.
constexpr std::int64_t kFarthest = 1'000'000'000'000'000'000;

class Writer {
 public:
  static constexpr bool kReads = false;
  template <class... T>
  void operator()(T&... values) {
    (put(values), ...);
  }
  template <class Container, class Each>
  void list(Container& container, Each each) {
    out_.unsigned_integer(container.size());
    for (auto& element : container) each(element);
  }
  ByteWriter& bytes() { return out_; }

 private:
  void put(const std::string& v) { out_.text(v); }
  void put(bool v) { out_.unsigned_integer(v ? 1 : 0); }
  void put(std::uint32_t v) { out_.unsigned_integer(v); }
  void put(Instant v) { out_.integer(micros(v)); }
  void put(Level v) { out_.unsigned_integer(static_cast<std::uint64_t>(v)); }
  void put(CaseState v) { out_.unsigned_integer(static_cast<std::uint64_t>(v)); }
  void put(ColourOrigin v) { out_.unsigned_integer(static_cast<std::uint64_t>(v)); }
  template <class T>
  void put(const std::optional<T>& v) {
    put(v.has_value());
    if (v) put(*v);
  }

  ByteWriter out_;
};

class Reader {
 public:
  static constexpr bool kReads = true;
  explicit Reader(std::string_view bytes) : in_(bytes) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  // Appends elements one by one; a set or map must come in its order.
  template <class T, class Each>
  void list(std::vector<T>& container, Each each) {
    for (std::uint64_t n = in_.count(); n > 0 && ok(); --n) each(container.emplace_back());
  }
  std::uint64_t count() { return in_.count(); }
  void fail() { failed_ = true; }
  bool ok() const { return !failed_ && !in_.failed(); }
  bool at_end() const { return ok() && in_.at_end(); }

 private:
  void get(std::string& v) { v = in_.text(); }
  void get(bool& v) { v = below(2) != 0; }
  void get(std::uint32_t& v) { v = static_cast<std::uint32_t>(below(std::uint64_t{1} << 32)); }
  void get(Instant& v) {
    v = instant(in_.integer());
    const std::int64_t us = micros(v);
    if (v != kNever && v != kBeforeAll && (us > kFarthest || us < -kFarthest)) fail();
  }
  void get(Level& v) { v = static_cast<Level>(below(kLevels)); }
  void get(CaseState& v) {
    v = static_cast<CaseState>(below(static_cast<std::uint64_t>(CaseState::merged) + 1));
  }
  void get(ColourOrigin& v) {
    v = static_cast<ColourOrigin>(below(static_cast<std::uint64_t>(ColourOrigin::override_) + 1));
  }
  template <class T>
  void get(std::optional<T>& v) {
    bool has = false;
    get(has);
    if (has) get(v.emplace());
  }
  std::uint64_t below(std::uint64_t limit) {
    const std::uint64_t v = in_.unsigned_integer();
    if (v >= limit) fail();
    return v < limit ? v : 0;
  }

  ByteReader in_;
  bool failed_ = false;
};

// A map, or a set of what `each` makes from nothing.
template <class Key, class T, class Less, class Each>
void map_of(Writer& io, std::map<Key, T, Less>& map, Each each) {
  io.bytes().unsigned_integer(map.size());
  for (auto& [key, value] : map) {
    Key copy = key;
    each(copy, value);
  }
}
template <class Key, class T, class Less, class Each>
void map_of(Reader& io, std::map<Key, T, Less>& map, Each each) {
  for (std::uint64_t n = io.count(); n > 0 && io.ok(); --n) {
    Key key{};
    T value{};
    each(key, value);
    if (!map.empty() && !(map.rbegin()->first < key)) return io.fail();
    map.emplace_hint(map.end(), std::move(key), std::move(value));
  }
}

template <class Io>
void visit(Io& io, CaseWarning& w) {
  io(w.id, w.time, w.to);
}

template <class Io>
void visit(Io& io, Unreckoned& u) {
  io(u.year, u.since, u.workdays);
}

template <class Io>
void visit(Io& io, DutyClock& d) {
  io(d.name, d.role, d.due, d.workdays, d.done, d.late, d.rung, d.next);
  visit(io, d.unreckoned);
}

template <class Io>
void visit(Io& io, Case& c) {
  io(c.rule, c.key, c.state, c.resume_to, c.level, c.peak, c.rule_level, c.floor, c.opened, c.since,
     c.issued, c.ended, c.observe_until, c.suspended_until, c.observe_workdays, c.observation_over,
     c.ease_held, c.renew, c.extended, c.objected, c.extension_asked, c.relapses, c.other);
  io.list(c.warnings, [&io](CaseWarning& w) { visit(io, w); });
  io.list(c.duties, [&io](DutyClock& d) { visit(io, d); });
  visit(io, c.unreckoned);
}

template <class Io>
void visit(Io& io, UnitColour& c) {
  io(c.computed, c.shown, c.computed_shade, c.shown_shade, c.grey, c.pending, c.origin);
  io.list(c.cases, [&io](std::string& id) { io(id); });
  io(c.since, c.override_until);
}

template <class Io>
void visit(Io& io, Override& o) {
  io(o.level, o.shade, o.reason);
  io.list(o.approvers, [&io](std::string& by) { io(by); });
  io(o.until);
}

template <class Io>
void visit(Io& io, FlapHistory& h) {
  io.list(h.changes, [&io](Instant& t) { io(t); });
  io(h.flapping, h.case_id);
}

void visit_places(Writer& io, std::set<CasePlace>& places) {
  io.bytes().unsigned_integer(places.size());
  for (CasePlace place : places) io(place.first, place.second);
}
void visit_places(Reader& io, std::set<CasePlace>& places) {
  for (std::uint64_t n = io.count(); n > 0 && io.ok(); --n) {
    CasePlace place;
    io(place.first, place.second);
    if (!places.empty() && !(*places.rbegin() < place)) return io.fail();
    places.insert(std::move(place));
  }
}

template <class Io>
void visit(Io& io, UnitLife& life) {
  map_of(io, life.cases, [&io](std::string& id, Case& c) {
    io(id);
    visit(io, c);
    if constexpr (Io::kReads) c.id = id;
  });
  map_of(io, life.items,
         [&io](std::string& id, TrackedItem& item) { io(id, item.case_id, item.done); });
  map_of(io, life.notices, [&io](std::string& id, std::string& case_id) { io(id, case_id); });
  map_of(io, life.vetoes, [&io](std::string& ground, Instant& since) { io(ground, since); });
  bool pinned = life.pinned.has_value();
  io(pinned);
  if constexpr (Io::kReads) {
    if (pinned) life.pinned.emplace();
  }
  if (life.pinned) visit(io, *life.pinned);
  visit_places(io, life.grey_rules);
  map_of(io, life.flaps, [&io](CasePlace& place, FlapHistory& history) {
    io(place.first, place.second);
    visit(io, history);
  });
  visit(io, life.colour);
}

// What the bytes alone cannot rule out.
bool sound(const UnitLife& life) {
  const auto known = [&life](const std::string& id) { return life.cases.contains(id); };
  for (const auto& [id, c] : life.cases) {
    if (is_over(c.state) != (c.ended != kNever) || c.warnings.empty()) return false;
    if (is_over(c.resume_to)) return false;
    if (c.state == CaseState::superseded && !known(c.other)) return false;
    if (c.state == CaseState::suspended && c.suspended_until == kNever) return false;
  }
  return std::all_of(life.items.begin(), life.items.end(),
                     [&](const auto& item) { return known(item.second.case_id); }) &&
         std::all_of(life.notices.begin(), life.notices.end(),
                     [&](const auto& notice) { return known(notice.second); });
}

Unexpected<Error> corrupt(const std::string& where) {
  return failure(ErrorCode::corrupt, "casebook: malformed bytes (" + where + ")");
}

}  // namespace

struct Casebook::Bytes {
  template <class Io>
  static void source(Io& io, Source& s) {
    io(s.last, s.silent_at, s.silent, s.down);
  }
  template <class Io>
  static void place(Io& io, Place& p) {
    io.list(p.sources, [&io](std::uint32_t& source) { io(source); });
    bool lives = p.life != nullptr;
    io(lives);
    if constexpr (Io::kReads) {
      if (lives) p.life = std::make_unique<UnitLife>();
    }
    if (p.life) visit(io, *p.life);
  }
  static std::string of(const Place& p) {
    Writer io;
    place(io, const_cast<Place&>(p));  // the writer changes nothing
    return io.bytes().take();
  }

  struct Head {
    std::vector<std::uint32_t> now_at;  // place of each source in this program
    std::vector<std::string> touched;
  };
  static Result<Head> head(Reader& io, Casebook& out) {
    Head head;
    std::string version;
    io(version);
    if (version != kVersion) return corrupt("version");
    io(out.now_, out.open_);
    for (std::uint64_t n = io.count(); n > 0 && io.ok(); --n) {
      std::string name;
      Source s;
      io(name);
      source(io, s);
      const auto at = out.source_of_.find(name);
      head.now_at.push_back(at == out.source_of_.end() ? kNone : at->second);
      if (at == out.source_of_.end()) continue;
      s.watch = out.sources_[at->second].watch;
      out.sources_[at->second] = s;
    }
    io.list(head.touched, [&io](std::string& name) { io(name); });
    return head;
  }
  // What was read is one casebook: what refers to something finds it.
  static Status complete(Casebook& out, const Head& head) {
    for (auto& [name, p] : out.units_) {
      if (p.life && !sound(*p.life)) return corrupt("unit " + name);
      for (std::uint32_t& s : p.sources) {
        if (s >= head.now_at.size()) return corrupt("unit " + name);
        s = head.now_at[s];
      }
      std::erase(p.sources, kNone);
    }
    for (const std::string& name : head.touched) {
      const auto at = out.units_.find(name);
      if (at == out.units_.end() || !at->second.life) return corrupt("unit " + name);
      out.touched_.insert(at->first);
    }
    out.derive();
    return {};
  }
};

std::string Casebook::encode_head() const {
  auto& self = const_cast<Casebook&>(*this);  // the writer changes nothing
  Writer io;
  io.bytes().text(kVersion);
  io(self.now_, self.open_);
  io.bytes().unsigned_integer(sources_.size());
  for (Source& s : self.sources_) {
    io.bytes().text(s.watch->source);
    Bytes::source(io, s);
  }
  io.bytes().unsigned_integer(touched_.size());
  for (const std::string_view name : touched_) io.bytes().text(name);
  return io.bytes().take();
}

std::vector<UnitBytes> Casebook::encode_units() const {
  std::vector<UnitBytes> out;
  out.reserve(units_.size());
  for (const auto& [name, place] : units_) out.emplace_back(name, Bytes::of(place));
  return out;
}

void Casebook::begin_snapshot() {
  LQ_ASSERT(snapshot_.empty() && written_.empty());
  snapshot_.swap(changed_);
  taken_.clear();
}

void Casebook::write_down(std::string_view unit) {
  const Units::value_type& at = *index_.find(unit)->second;
  written_.emplace_back(at.first, Bytes::of(at.second));
  taken_.push_back(at.first);
}

bool Casebook::write_down(std::size_t bytes) {
  for (std::size_t done = 0; !snapshot_.empty() && done < bytes;) {
    write_down(*snapshot_.begin());
    snapshot_.erase(snapshot_.begin());
    done += written_.back().second.size() + sizeof(UnitBytes);
  }
  return snapshot_.empty();
}

std::vector<UnitBytes> Casebook::take_snapshot() {
  LQ_ASSERT(snapshot_.empty());
  return std::exchange(written_, {});
}

void Casebook::snapshot_not_kept() { changed_.insert(taken_.begin(), taken_.end()); }

std::string Casebook::encode() const {
  ByteWriter out(encode_head());
  out.unsigned_integer(units_.size());
  for (const auto& [name, place] : units_) {
    out.text(name);
    out.raw(Bytes::of(place));
  }
  return out.take();
}

Result<Casebook> Casebook::decode(std::string_view bytes, const Program& program) {
  Casebook out(program);
  Reader io(bytes);
  LQ_TRY(const Bytes::Head head, Bytes::head(io, out));
  map_of(io, out.units_, [&io](std::string& name, Place& p) {
    io(name);
    Bytes::place(io, p);
  });
  if (!io.at_end()) return corrupt("length");
  if (Status s = Bytes::complete(out, head); !s) return Unexpected<Error>(s.error());
  return out;
}

Result<Casebook> Casebook::decode(std::string_view head, std::span<const UnitBytes> units,
                                  const Program& program) {
  Casebook out(program);
  Reader io(head);
  LQ_TRY(const Bytes::Head read, Bytes::head(io, out));
  if (!io.at_end()) return corrupt("length");
  for (const auto& [name, bytes] : units) {
    Reader of_unit(bytes);
    Place place;
    Bytes::place(of_unit, place);
    if (!of_unit.at_end() || !out.units_.emplace(name, std::move(place)).second) {
      return corrupt("unit " + name);
    }
  }
  if (Status s = Bytes::complete(out, read); !s) return Unexpected<Error>(s.error());
  return out;
}

std::vector<UnitBytes> Casebook::hand_over(std::string_view after, std::size_t most) {
  if (after.empty()) {
    handing_ = true;
    changed_since_handed_.clear();
  }
  std::vector<UnitBytes> out;
  for (auto at = units_.upper_bound(after); at != units_.end() && out.size() < most; ++at) {
    out.emplace_back(at->first, Bytes::of(at->second));
  }
  return out;
}

void Casebook::forget_handed_over() {
  handing_ = false;
  changed_since_handed_.clear();
}

void Casebook::follow(const Program& program, bool handed_over) {
  LQ_ASSERT(!open_ && touched_.empty());
  if (handed_over) {
    LQ_ASSERT(handing_);
    changed_.swap(changed_since_handed_);
  } else {
    for (const auto& [name, place] : units_) changed_.insert(changed_.end(), name);
  }
  forget_handed_over();
  snapshot_.clear();
  written_.clear();
  taken_.clear();
  Casebook next(program);
  take_sources(next);
  sources_ = std::move(next.sources_);
  source_of_ = std::move(next.source_of_);
  program_.swap(next.program_);
  table_.swap(next.table_);  // of the program, as its sources are
  alarms_.clear();
  for (std::uint32_t i = 0; i < sources_.size(); ++i) derive_source(i);
  for (auto& [name, place] : units_) {
    if (!place.life) continue;
    UnitLife& life = *place.life;
    if (life.cases.empty() && !life.pinned && life.flaps.empty()) continue;  // never due
    reschedule(name, life, Clerk(*table_, life, name, now_, effects_).due());
  }
}

// What is known of the sources that the next program watches, too; which units each one feeds.
void Casebook::take_sources(Casebook& next) {
  std::vector<std::uint32_t> now_at;  // place of each source there
  for (Source& source : sources_) {
    const auto at = next.source_of_.find(source.watch->source);
    now_at.push_back(at == next.source_of_.end() ? kNone : at->second);
    if (at == next.source_of_.end()) continue;
    Source& to = next.sources_[at->second];
    to.last = source.last;
    to.silent_at = source.silent_at;
    to.silent = source.silent;
    to.down = source.down;
    to.units = std::move(source.units);
  }
  for (std::uint32_t i = 0; i < now_at.size(); ++i) {
    if (now_at[i] == i) continue;
    // The places have moved: every unit's are written anew.
    for (auto& [name, place] : units_) {
      if (place.sources.empty()) continue;
      changed_.insert(name);
      for (std::uint32_t& source : place.sources) source = now_at[source];
      std::erase(place.sources, kNone);
      if (!place.life) continue;
      place.life->dead_sources = 0;
      for (const std::uint32_t source : place.sources) {
        const Source& from = next.sources_[source];
        place.life->dead_sources += from.silent || from.down ? 1U : 0U;
      }
    }
    return;
  }
}

void Casebook::derive() {
  for (Units::value_type& unit : units_) {
    index_.emplace(unit.first, &unit);
    for (const std::uint32_t s : unit.second.sources) sources_[s].units.push_back(unit.first);
    if (!unit.second.life) continue;
    UnitLife& life = *unit.second.life;
    for (const std::uint32_t s : unit.second.sources) {
      life.dead_sources += sources_[s].silent || sources_[s].down ? 1U : 0U;
    }
    for (const auto& [id, c] : life.cases) index_case(life, c);
    if (!touched_.contains(unit.first)) {
      const Instant due = Clerk(*table_, life, unit.first, now_, effects_).due();
      reschedule(unit.first, life, due);
      count_missing(life);
    }
  }
  for (std::uint32_t i = 0; i < sources_.size(); ++i) derive_source(i);
}

void Casebook::derive_source(std::uint32_t index) {
  Source& source = sources_[index];
  if (source.silent_at == kNever && source.last != kBeforeAll) set_silent_at(source);
  if (!source.silent) set_alarm(index);
}

}  // namespace lianqing
