// Everything the fold remembers of one unit. Stored are the unit's records (rows), the decisions
// about them, the states of its rules and what came from other units; windows, sums, items and
// timers are derived from these. The bytes are canonical: equal histories have equal bytes.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/evaluate.h"
#include "engine/items.h"
#include "engine/route.h"
#include "engine/rows.h"
#include "engine/sequences.h"
#include "engine/series.h"
#include "lianqing/warning.h"

namespace lianqing {

struct CellOrder {
  bool operator()(const Cell& a, const Cell& b) const {
    if (a.tag != b.tag) return a.tag < b.tag;
    if (a.num != b.num) return a.num < b.num;
    return a.den < b.den;
  }
};

// (table index, key): order is by table first, so that one rule's instances lie together.
struct KeyedIndex {
  std::uint32_t index = kNone;
  Cell key;
  friend bool operator<(const KeyedIndex& a, const KeyedIndex& b) {
    return a.index != b.index ? a.index < b.index : CellOrder{}(a.key, b.key);
  }
};

// Where the thing of (table index, key) lies in its vector. Walked in order. What has no key, which
// is nearly everything, is in one short array.
class Places {
  using Keyed = std::map<KeyedIndex, std::uint32_t>;
  using Plain = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // sorted

 public:
  class Iterator {
   public:
    Iterator(Plain::const_iterator plain, Plain::const_iterator plain_end,
             Keyed::const_iterator keyed, Keyed::const_iterator keyed_end)
        : plain_(plain), plain_end_(plain_end), keyed_(keyed), keyed_end_(keyed_end) {}

    std::pair<KeyedIndex, std::uint32_t> operator*() const {
      if (at_plain()) return {KeyedIndex{plain_->first, Cell{}}, plain_->second};
      return *keyed_;
    }
    Iterator& operator++() {
      if (at_plain()) {
        ++plain_;
      } else {
        ++keyed_;
      }
      return *this;
    }
    bool operator==(const Iterator& other) const {
      return plain_ == other.plain_ && keyed_ == other.keyed_;
    }

   private:
    // What has no key comes before what has one.
    bool at_plain() const {
      if (plain_ == plain_end_) return false;
      return keyed_ == keyed_end_ || plain_->first <= keyed_->first.index;
    }
    Plain::const_iterator plain_, plain_end_;
    Keyed::const_iterator keyed_, keyed_end_;
  };

  // kNone if there is none.
  std::uint32_t find(std::uint32_t index, const Cell& key) const {
    if (key.tag != CellTag::null) {
      const auto at = keyed_.find(KeyedIndex{index, key});
      return at == keyed_.end() ? kNone : at->second;
    }
    const auto at = plain(index);
    return at == plain_.end() || at->first != index ? kNone : at->second;
  }
  // There must be none yet.
  void add(std::uint32_t index, const Cell& key, std::uint32_t place) {
    if (key.tag == CellTag::null) {
      plain_.insert(plain(index), {index, place});
    } else {
      keyed_.emplace(KeyedIndex{index, key}, place);
    }
  }
  void clear() {
    keyed_.clear();
    plain_.clear();
  }
  std::size_t keyed() const { return keyed_.size(); }
  Iterator begin() const { return {plain_.begin(), plain_.end(), keyed_.begin(), keyed_.end()}; }
  Iterator end() const { return {plain_.end(), plain_.end(), keyed_.end(), keyed_.end()}; }
  // Up to the first of a larger index, or the end.
  Iterator first_of(std::uint32_t index) const {
    return {plain(index), plain_.end(), keyed_.lower_bound(KeyedIndex{index, Cell{}}),
            keyed_.end()};
  }

 private:
  Plain::const_iterator plain(std::uint32_t index) const {
    return std::lower_bound(plain_.begin(), plain_.end(), index,
                            [](const auto& one, std::uint32_t i) { return one.first < i; });
  }
  Keyed keyed_;
  Plain plain_;
};

// What touches a rule, or moves something that it reads, at an instant.
struct Touch {
  Cause cause = Cause::timer;  // the strongest kind of record
  Instant earliest = kNever;   // the earliest time among the records
  bool withdrawn = false;      // by a correction or retraction, too

  void add(const Touch& more) {
    cause = std::max(cause, more.cause);
    earliest = std::min(earliest, more.earliest);
    withdrawn = withdrawn || more.withdrawn;
  }
  static Touch by(Cause cause, Instant earliest) {
    return {cause, cause >= Cause::event ? earliest : kNever,
            cause == Cause::correction || cause == Cause::retraction};
  }
};

// A window that moved at the unit's clock and that quiet rules (quiet.h) read: what it held before.
struct WindowMove {
  std::uint32_t series = kNone, place = 0;  // place in Series::windows
  Wide weight = 0, sum = 0;
  Touch by;
};

// One (rule, unit, key).
struct Instance {
  std::uint32_t rule = kNone;
  Cell key;
  Level level = Level::green;
  bool grey = false;
  bool judged = false;
  Instant since = kNever;  // when the level was entered; kNever: green from the start
  std::array<Instant, kLevels> enter_since{kNever, kNever, kNever};
  Instant exit_since = kNever;  // of the current level's exit, not before `since`
  bool exit_withdrawn = false;  // it began to hold because evidence was withdrawn or corrected
  Instant left_green = kNever;  // when the level last rose from green
  // Derived:
  Instant due = kNever;
  bool touched = false;
  bool restless = false;  // quiet, but its last judgement left it such that the next may change it
  Cause cause = Cause::timer;
  Instant earliest = kNever;  // earliest time of the records that touched it at this instant
  bool withdrawn = false;     // a correction or retraction touched it at this instant
  bool revoked = false;       // its last change was a fall because evidence was withdrawn
  int missing_year = 0;       // stored: grey because the calendar has no data for that year
};

// A rise of level, for measures over warnings.
struct Raised {
  Instant time;
  std::uint32_t rule = kNone;
  Cell key;
  Level level = Level::green;
};

// What time alone makes of a measure over deadlines.
struct Counter {
  std::uint32_t measure = kNone;
  Cell key;
  IntervalCount intervals;
  // While one of these holds, the calendar lacks that year to tell the number: it is null.
  std::map<int, IntervalCount> unknown;

  Instant due() const;
  void advance(Instant t);
  // The first year that is missing now; 0: none.
  int missing_year() const;
};

enum class Waking : std::uint8_t { series, counter, instance, pending, warnings };

struct Alarm {
  Instant at;
  Waking what;
  std::uint32_t index;
  friend bool operator>(const Alarm& a, const Alarm& b) {
    if (a.at != b.at) return a.at > b.at;
    return std::pair(a.what, a.index) > std::pair(b.what, b.index);
  }
};

struct UnitState {
  std::string name;
  std::vector<Cell> attributes;  // one per Program::unit_attributes
  std::string parent;            // in the register's tree; empty: at the top
  bool registered = false;
  bool dissolved = false;               // not judged any more
  std::vector<std::string> successors;  // of a merged or split unit: where its records go
  std::vector<Decision> moves;  // take_over and hand_over, to be done at this instant (world.h)
  bool seen = false;            // its unkeyed rules have been judged once
  bool emptied = false;         // its last event was withdrawn at `clock`, and it is not yet judged
  Instant activated = kNever;   // when a registered unit was first judged
  Instant clock = kBeforeAll;
  bool open = false;              // records of `clock` were applied and not yet judged
  Cause moved_by = Cause::timer;  // the strongest kind of record applied at `clock` ...
  Instant moved_since = kNever;   // ... and the earliest time of one

  Rows rows;
  std::vector<Decision> decisions;  // sorted by (time, seq)
  std::vector<Instance> instances;
  Places instance_of;                      // (rule, key)
  std::vector<Raised> raised;              // in order of time
  std::vector<OwnedEntry> pending;         // sorted by (time, seq)
  std::map<std::uint32_t, Operand> given;  // measure over other units -> null or number

  // Derived:
  std::vector<Series> series;
  Places series_of;  // (stream, key)
  std::vector<Counter> counters;
  std::map<KeyedIndex, std::uint32_t> counter_of;              // (measure, key)
  std::map<KeyedIndex, std::vector<ItemEvent>> items;          // (item, item key)
  std::map<KeyedIndex, std::vector<SequenceEvent>> sequences;  // (sequence, on)
  std::uint64_t items_ignored = 0;
  std::vector<Instant> view_due;        // per WarningView: when it changes by itself
  std::vector<Alarm> alarms;            // min-heap; an alarm counts only if its owner's due agrees
  std::vector<std::uint32_t> touched;   // instances to judge at the end of `clock`
  std::vector<WindowMove> moved;        // at `clock`; what they touch is found before judging
  std::vector<std::uint32_t> restless;  // instances that are, and some that were
  bool uncertain = false;               // a year may be missing: see missing_years

  const Series* find_series(std::uint32_t stream, const Cell& key) const;
  const Counter* find_counter(std::uint32_t measure, const Cell& key) const;
};

// The years without calendar data that matter to the unit now, or will if nothing changes.
std::set<int> missing_years(const UnitState& unit);

class Fold;

// Derives the derived parts anew, for a program whose calendar has changed.
Status rederive(UnitState& unit, const Fold& fold, Symbols& symbols);

// Canonical bytes, format version 3 (docs/formats.md). The texts of cells are written out.
std::string encode(const UnitState& unit, const Fold& fold);
// Fails (corrupt) on any byte sequence that encode does not make for this program. Texts are
// interned into `symbols`, the fold's own.
Result<UnitState> decode(std::string_view bytes, const Fold& fold, Symbols& symbols);
// The same of what this process encoded itself: not compared with what encode makes of it.
Result<UnitState> decode_own(std::string_view bytes, const Fold& fold, Symbols& symbols);

}  // namespace lianqing
