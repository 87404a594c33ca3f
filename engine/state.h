// Everything the fold remembers of one unit. Stored are the unit's records (rows), the decisions
// about them, the states of its rules and what came from other units; windows, sums, items and
// timers are derived from these. The bytes are canonical: equal histories have equal bytes.
#pragma once

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
  std::map<KeyedIndex, std::uint32_t> instance_of;  // (rule, key)
  std::vector<Raised> raised;                       // in order of time
  std::vector<OwnedEntry> pending;                  // sorted by (time, seq)
  std::map<std::uint32_t, Operand> given;           // measure over other units -> null or number

  // Derived:
  std::vector<Series> series;
  std::map<KeyedIndex, std::uint32_t> series_of;  // (stream, key)
  std::vector<Counter> counters;
  std::map<KeyedIndex, std::uint32_t> counter_of;              // (measure, key)
  std::map<KeyedIndex, std::vector<ItemEvent>> items;          // (item, item key)
  std::map<KeyedIndex, std::vector<SequenceEvent>> sequences;  // (sequence, on)
  std::uint64_t items_ignored = 0;
  std::vector<Instant> view_due;       // per WarningView: when it changes by itself
  std::vector<Alarm> alarms;           // min-heap; an alarm counts only if its owner's due agrees
  std::vector<std::uint32_t> touched;  // instances to judge at the end of `clock`
  bool uncertain = false;              // a year may be missing: see missing_years

  const Series* find_series(std::uint32_t stream, const Cell& key) const;
  const Counter* find_counter(std::uint32_t measure, const Cell& key) const;
};

// The years without calendar data that matter to the unit now, or will if nothing changes.
std::set<int> missing_years(const UnitState& unit);

class Fold;

// Derives the derived parts anew, for a program whose calendar has changed.
Status rederive(UnitState& unit, const Fold& fold, Symbols& symbols);

// Canonical bytes, format version 2 (docs/formats.md). The texts of cells are written out.
std::string encode(const UnitState& unit, const Fold& fold);
// Fails (corrupt) on any byte sequence that encode does not make for this program. Texts are
// interned into `symbols`, the fold's own.
Result<UnitState> decode(std::string_view bytes, const Fold& fold, Symbols& symbols);

}  // namespace lianqing
