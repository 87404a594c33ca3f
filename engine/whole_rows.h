// The records of a log gathered whole, as small as they can be: what the fold reads of each, those
// of a unit behind each other, so that a unit is folded by reading forward. What changes other
// records is no row but an entry (AdmittedBatch), and has its place here all the same.
// Card: of a record 24 bytes, 8 for each field that the program reads, and its id if that does not
// count on, in stretches of its unit's that grow with it; 12 for its clock (log_clocks.h); while
// records come 16 for where it is and what it says, and 4 to 21 for its identity (identities.h).
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/entry.h"
#include "engine/identities.h"
#include "engine/log_clocks.h"
#include "engine/pieces.h"
#include "engine/symbols.h"

namespace lianqing {

class WholeRows {
  static constexpr std::size_t kHeading = 3, kStretchHead = 2;  // words
  static constexpr std::uint16_t kNoType = 0xffff;
  static constexpr std::size_t kMaxSlots = 4000;
  // Instead of slots.
  static constexpr std::uint16_t kTypeName = 0xfffd, kComplaint = 0xfffe, kEntry = 0xffff;

  static std::size_t words_of(std::size_t bytes) { return (bytes + 7) / 8; }

  // Of a record; what it says follows, then its id if that has no form.
  struct Heading {
    Instant clock;
    std::uint32_t number = 0;
    std::uint32_t kin = 0;        // index into kins_
    std::uint32_t id_number = 0;  // of the form, or bytes
    std::uint16_t type = kNoType;
    std::uint16_t rest = 0;  // whether it is an entry, RecordKind, how many words of values

    std::size_t value_words() const { return rest & 0x1fffU; }
    RecordKind kind() const { return static_cast<RecordKind>(rest >> 13 & 3U); }
    bool is_entry() const { return rest >> 15 != 0; }
  };
  static_assert(sizeof(Heading) == kHeading * 8);

 public:
  // What a record says in one slot; or in one of these.
  struct SlotCell {
    std::uint32_t slot = kNone;
    Cell cell;
  };
  // `slots`: of the program.
  explicit WholeRows(std::size_t slots) : slots_(slots) {}
  // Whether a program's types and slots fit.
  static bool fits(std::size_t types, std::size_t slots) {
    return types < kNoType && slots < kMaxSlots;
  }

  std::size_t slots() const { return slots_; }
  LogClocks& clocks() { return clocks_; }
  const LogClocks& clocks() const { return clocks_; }
  Seq seq(std::uint32_t number) const {
    const auto& run = runs_.back();
    return run.first <= number ? run.second + (number - run.first) : seq_before(number);
  }

  // One more record, which says what is in cells(): without those that are null, each slot once.
  // Its identity, of this text of the source, is not there yet: find() said so. `content` zero: not
  // known, but `origin` tells where it is.
  void add(const LogEntry& entry, std::string_view source, const Identities::Place& place,
           const ContentHash& content, const Origin& origin);
  std::vector<SlotCell>& cells() { return cells_; }
  // The same of what is no row, but that entry of the batch.
  void add_entry(const LogEntry& entry, std::string_view source, std::uint32_t index,
                 const Identities::Place& place, const ContentHash& content);
  // No more records come: contents and identities are known no longer.
  void close();

  // ---- by their number in log order; until close()

  struct Facts {
    Seq seq = 0;
    std::uint32_t unit = kNone, type = kNone;
    RecordKind kind = RecordKind::event;
  };
  Facts facts(std::uint32_t number) const;
  // Whether only its place is known, and not its content.
  bool is_placed(std::uint32_t number) const { return (places_[number].at & kTold) == 0; }
  Origin origin(std::uint32_t number) const;                // of one that is
  const ContentHash& content(std::uint32_t number) const {  // of one that is not
    return contents_[places_[number].at & kPosition];
  }
  void tell_content(std::uint32_t number, const ContentHash& content);
  Identities::Place find(std::string_view source, std::string_view id,
                         const Symbols& symbols) const;
  // What is to be asked for in time: for find(), and where the next record of a unit is told and
  // will lie; null: nothing. (A function that only prefetches is taken for one that does nothing,
  // and its calls are left out.)
  const void* slot(std::string_view source, std::string_view id) const {
    return identities_.slot(source, id);
  }
  const void* unit(std::uint32_t unit) const {
    return unit < units_.size() ? &units_[unit] : nullptr;
  }
  const void* end(std::uint32_t unit) const {
    if (!has(unit)) return nullptr;
    const Stretches& all = units_[unit];  // a full one may end where its block does
    return words(all.end - all.start) + all.start;
  }

  // ---- by their unit, in log order

  // A record as it lies there.
  class Record {
   public:
    Instant clock() const { return heading_.clock; }
    std::uint32_t number() const { return heading_.number; }
    // Its index in AdmittedBatch::entries; nothing of a row.
    std::optional<std::uint32_t> entry_index() const {
      if (!heading_.is_entry()) return std::nullopt;
      return entry();
    }

   private:
    friend class WholeRows;
    explicit Record(const std::uint64_t* at) : at_(at) {
      std::memcpy(static_cast<void*>(&heading_), at, sizeof heading_);
    }
    std::uint32_t entry() const;

    const std::uint64_t* at_;
    Heading heading_;
  };
  // Of a row of the unit: all that an entry has but its id. `cells`: one per slot, all null before,
  // and wipe() makes them so again.
  void fill(std::uint32_t unit, const Record& record, LogEntry& out, Cell* cells) const {
    const Heading& heading = record.heading_;
    out.seq = seq(heading.number);
    out.unit = unit;
    out.time = out.clock = heading.clock;
    out.type = heading.type == kNoType ? kNone : heading.type;
    out.source = kins_[heading.kin].first;
    out.type_name = out.complaint = kNone;
    out.cells = cells;
    each_value(record, [&](std::uint16_t slot, const Cell& cell) {
      if (slot < kTypeName) {
        cells[slot] = cell;
      } else {
        (slot == kTypeName ? out.type_name : out.complaint) = static_cast<Symbol>(cell.num);
      }
    });
  }
  static void wipe(const Record& record, Cell* cells) {
    each_value(record, [&](std::uint16_t slot, const Cell&) {
      if (slot < kTypeName) cells[slot] = Cell{};
    });
  }
  void write_id(const Record& record, std::string& out) const;
  // Calls `visit` with every unit that has records.
  template <class Visit>
  void each_unit(Visit visit) const {
    for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
      if (has(unit)) visit(unit);
    }
  }
  // Where the unit's first records lie; null: it has none.
  const void* first(std::uint32_t unit) const {
    return has(unit) ? words(units_[unit].first) : nullptr;
  }
  bool has(std::uint32_t unit) const { return unit < units_.size() && units_[unit].first != 0; }
  template <class Visit>
  void each(std::uint32_t unit, Visit visit) const {
    if (!has(unit)) return;
    const Stretches& all = units_[unit];
    for (Ref at = all.first; at != 0;) {
      const std::uint64_t* const head = words(at);
      const Ref next = head[1];
      const std::uint64_t* const end = head + (next == 0 ? all.start : head[0]);
      if (next != 0) {
        const std::uint64_t* const ahead = words(next);
        for (std::ptrdiff_t line = 0; line <= kAhead; line += kLine) {
          __builtin_prefetch(ahead + line);
        }
      }
      for (const std::uint64_t* record = head + kStretchHead; record != end;) {
        __builtin_prefetch(record + kAhead);
        const Record one(record);
        visit(one);
        record += kHeading + one.heading_.value_words() + id_words(one.heading_);
      }
      at = next;
    }
  }

 private:
  using Ref = std::uint64_t;  // block and word in it; 0: none
  static constexpr std::size_t kBlockBits = 17;
  static constexpr std::ptrdiff_t kLine = 8, kAhead = 4 * kLine;  // words
  // A cell as small as it mostly is. Of a wide one `num` is its denominator, and its numerator
  // follows.
  struct Value {
    std::uint16_t slot;
    CellTag tag;
    bool wide;
    std::int32_t num;
  };
  static_assert(sizeof(Value) == 8);
  // Where a unit's records lie: stretches that begin with their size in words and the next one.
  struct Stretches {
    Ref first = 0, end = 0;   // end: of the last one's records
    std::uint32_t start = 0;  // of the last one: how far before `end` it begins
    std::uint32_t room = 0;   // left in it, words
    std::uint32_t all = 0;    // words of all of them
  };
  // Where record `number` lies, and what it says.
  struct Place {
    std::uint64_t at = 0;  // see below
    std::uint32_t ref_low = 0, unit = kNone;
  };
  // Parts of Place::at: an index into contents_, or of the line, or of its first byte; the
  // reference to the record, its upper bits; the file; which of these the first is.
  static constexpr int kRefAt = 40, kFileAt = 46;
  static constexpr std::uint64_t kPosition = (std::uint64_t{1} << kRefAt) - 1;
  static constexpr std::uint64_t kTold = std::uint64_t{1} << 62, kByLine = std::uint64_t{1} << 63;
  static_assert(sizeof(Place) == 16);

  template <class Visit>
  static void each_value(const Record& record, Visit visit) {
    const std::uint64_t* at = record.at_ + kHeading;
    const std::uint64_t* const end = at + record.heading_.value_words();
    while (at != end) {
      Value value;
      std::memcpy(&value, at++, sizeof value);
      Cell cell{value.tag, 1, value.num};
      if (value.wide) {
        cell = {value.tag, static_cast<std::uint32_t>(value.num), static_cast<std::int64_t>(*at++)};
      }
      visit(value.slot, cell);
    }
  }

  Seq seq_before(std::uint32_t number) const;  // the last run
  const std::uint64_t* words(Ref ref) const {
    return blocks_[ref >> kBlockBits].get() + (ref & ((1U << kBlockBits) - 1));
  }
  std::uint64_t* words(Ref ref) {
    return const_cast<std::uint64_t*>(std::as_const(*this).words(ref));
  }
  // Where a value is put, and behind it.
  static std::uint64_t* put_value(std::uint64_t* at, std::uint16_t slot, const Cell& cell) {
    Value value{slot, cell.tag, is_wide(cell), static_cast<std::int32_t>(cell.num)};
    if (value.wide) value.num = static_cast<std::int32_t>(cell.den);
    std::memcpy(at++, &value, sizeof value);
    if (value.wide) *at++ = static_cast<std::uint64_t>(cell.num);
    return at;
  }
  static bool is_wide(const Cell& cell) {
    return cell.den != 1 || cell.num != static_cast<std::int32_t>(cell.num);
  }
  std::size_t id_words(const Heading& heading) const {
    return kins_[heading.kin].second == kNone ? words_of(heading.id_number) : 0;
  }
  // Mostly that of the record before.
  std::uint32_t kin_of(Symbol source, std::uint32_t form) {
    if (last_kin_ >= kins_.size() || kins_[last_kin_] != std::pair(source, form)) {
      last_kin_ = other_kin_of(source, form);
    }
    return last_kin_;
  }
  std::uint32_t other_kin_of(Symbol source, std::uint32_t form);
  Ref room(std::uint32_t unit, std::size_t size);
  void stretch(Stretches& unit, std::size_t wanted);
  Ref ref(std::uint32_t number) const {
    const Place& place = places_[number];
    return (place.at >> kRefAt & 0x3fU) << 32 | place.ref_low;
  }

  const std::size_t slots_;
  LogClocks clocks_;
  std::vector<std::unique_ptr<std::uint64_t[]>> blocks_;
  std::size_t left_ = 0;  // of the last block, words
  std::vector<Stretches> units_;
  Stretches unitless_;
  std::vector<std::pair<std::uint32_t, Seq>> runs_;  // rows from which on seqs count on from there
  std::vector<std::pair<Symbol, std::uint32_t>> kins_;  // the source, and the form of the id
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> kin_of_;  // looked up, never walked
  std::uint32_t last_kin_ = 0;
  std::vector<SlotCell> cells_;

  // While records come.
  std::uint32_t size_ = 0;
  Pieces<Place> places_;
  Pieces<ContentHash> contents_;
  Identities identities_;  // forms stay
};

}  // namespace lianqing
