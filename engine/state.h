// Everything the fold remembers of one unit. What can be derived (sums, sorted values, timers) is
// not part of the stored bytes: encode writes only samples, item events, rule states and waiting
// events, in a canonical order, so equal histories have equal bytes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/items.h"
#include "engine/route.h"
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
  // Derived:
  Instant due = kNever;
  bool touched = false;
  Cause cause = Cause::timer;
  Instant earliest = kNever;  // earliest time of the records that touched it at this instant
};

struct Counter {
  std::uint32_t measure = kNone;
  Cell key;
  IntervalCount intervals;
};

// Ids of the events that some sample or item refers to, for evidence. Sorted by seq.
struct EventNames {
  std::vector<std::pair<Seq, std::string>> names;
  std::size_t sweep_at = 256;  // size at which unreferenced ones are forgotten

  const std::string* find(Seq seq) const;
};

enum class Waking : std::uint8_t { series, counter, instance, pending };

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
  bool registered = false;
  bool seen = false;  // its unkeyed rules have been judged once
  Instant clock = kBeforeAll;
  bool open = false;  // records of `clock` were applied and not yet judged

  std::vector<Series> series;
  std::map<KeyedIndex, std::uint32_t> series_of;  // (stream, key)
  std::vector<Counter> counters;
  std::map<KeyedIndex, std::uint32_t> counter_of;      // (measure, key)
  std::map<KeyedIndex, std::vector<ItemEvent>> items;  // (item, item key)
  std::uint64_t items_ignored = 0;
  std::vector<Instance> instances;
  std::map<KeyedIndex, std::uint32_t> instance_of;  // (rule, key)
  std::vector<OwnedEntry> pending;                  // sorted by (time, seq)
  EventNames events;

  // Derived:
  std::vector<Alarm> alarms;           // min-heap; an alarm counts only if its owner's due agrees
  std::vector<std::uint32_t> touched;  // instances to judge at the end of `clock`

  const Series* find_series(std::uint32_t stream, const Cell& key) const;
  const Counter* find_counter(std::uint32_t measure, const Cell& key) const;
};

// Keeps the id of an event that a sample or item refers to.
void remember(UnitState& unit, Seq seq, std::string_view id);

// Canonical bytes, format version 1 (docs/formats.md). The texts of cells are written out.
std::string encode(const UnitState& unit, const Program& program, const Symbols& symbols);
// Fails (corrupt) on any byte sequence that encode does not make for this program.
Result<UnitState> decode(std::string_view bytes, const Program& program, const Route& route,
                         Symbols& symbols);

}  // namespace lianqing
