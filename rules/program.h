// THE artefact of the rule language: what a pack means, as flat tables with indices for names.
// Immutable after compile(), shared by every shard. The engine knows this and nothing else of the
// language. Every index is into the table of the same name; kNone means absent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/level.h"
#include "lianqing/number.h"
#include "lianqing/time.h"
#include "rules/calendar.h"
#include "rules/duties.h"
#include "rules/expr.h"
#include "rules/views.h"
#include "rules/zone.h"

namespace lianqing {

struct Param {
  std::string name;
  Bilingual title;
  Cell value;  // number, text, boolean
  Span span;   // when it is a duration
  bool is_span = false;
  std::optional<Number> min, max;
  SourceSpan at;
};

// ---- events ------------------------------------------------------------------------------------

enum class FieldType : std::uint8_t {
  dynamic,
  integer,
  decimal,
  text,
  boolean,
  code,
  date,
  time,
  list
};

struct FieldCheck {
  std::string name;  // dotted path
  FieldType type = FieldType::dynamic;
  bool required = false;
  bool sensitive = false;
  std::optional<Number> min, max;
  std::vector<std::string> codes;  // sorted; for `code`
  std::uint32_t slot = kNone;      // kNone: no rule reads it
};

// Every event type that the pack declares or names, sorted by name.
struct EventType {
  std::string name;
  Bilingual title;
  bool declared = false;
  std::vector<FieldCheck> fields;  // declared ones, sorted by name
};

// Fields that any rule reads, from any type: an admitted event is reduced to one cell per slot.
struct FieldSlot {
  std::string path;
};

// ---- what measures are made of
// -------------------------------------------------------------------

enum class StreamSource : std::uint8_t {
  events,            // events of `types`
  item_closings,     // closings of `item`; value = true/false on time, null without a due
  item_extensions,   // granted extensions of `item`
  sequence_matches,  // matches of `sequence`, at the time and log position of what completed them
};

// A selection of a unit's events with at most one value each, in (time, log order).
struct Stream {
  StreamSource source = StreamSource::events;
  std::vector<std::uint32_t> types;  // sorted; empty with any_type
  bool any_type = false;
  std::uint32_t item = kNone;
  std::uint32_t sequence = kNone;
  std::uint32_t where = kNone;  // Expr over the event (for items: over the opening event)
  std::uint32_t value =
      kNone;  // field slot; events in which it is null (or, if numeric, not a number) take no part
  bool numeric = false;
  std::uint32_t flag = kNone;  // Expr (streak): the value is its truth; excludes `value`
  std::uint32_t key = kNone;   // field slot of `per`
};

// What a window must keep beside its bounds; a count needs nothing.
enum Upkeep : std::uint8_t {
  kKeepSum = 1,     // sum and sum of squares
  kKeepSorted = 2,  // values in order: min, max, median, quantile
  kKeepGroups = 4,  // occurrences per value: distinct, top
};

// One stretch of a stream; shared by all measures that look at the same one.
struct Window {
  std::uint32_t stream = kNone;
  WindowSpan span;
  std::uint8_t upkeep = 0;
};

// An obligation with a deadline.
struct Item {
  std::string name;
  Bilingual title;
  std::uint32_t key = kNone;                              // field slot
  std::vector<std::uint32_t> open, close;                 // event types
  std::uint32_t open_where = kNone, close_where = kNone;  // Expr over the event
  std::uint32_t due = kNone;                              // field slot, read at opening
  std::vector<std::uint32_t> extend;                      // event types
  std::uint32_t extend_where = kNone;                     // Expr
  std::uint32_t extend_due = kNone;                       // field slot
  SourceSpan at;
};

enum class Aggregate : std::uint8_t {
  count,
  sum,
  average,
  minimum,
  maximum,
  deviation,
  median,
  quantile,  // of a Window
  distinct,
  top,
  first,
  last,
  streak,
  age,
  decayed,  // of a Window
  open,
  overdue,
  due_within,  // of an Item at t
  value,       // of other measures
  peers,       // of a PeerView
  roll_up,     // of a RollUp
  warnings,    // of a WarningView
};

// Whether the value is a number of things: never below zero, and whole unless weights say
// otherwise.
constexpr bool counts_things(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::count:
    case Aggregate::distinct:
    case Aggregate::top:
    case Aggregate::streak:
    case Aggregate::age:
    case Aggregate::open:
    case Aggregate::overdue:
    case Aggregate::due_within:
    case Aggregate::warnings: return true;
    default: return false;
  }
}

struct Measure {
  std::string name;
  Bilingual title;
  Aggregate aggregate = Aggregate::count;
  std::uint32_t window = kNone;      // all but the last four aggregates
  std::uint32_t item = kNone;        // open, overdue, due_within
  Span margin;                       // by / in
  std::uint32_t item_where = kNone;  // Expr over the opening event
  std::uint32_t key = kNone;         // field slot of `per`; kNone: one per unit
  bool keyed = false;                // itself or through `value`
  std::uint32_t value = kNone;       // Expr
  Number q;                          // quantile
  Duration half_life{0};             // decayed
  std::optional<Period> every;       // decayed: also judged at each start of a period
  std::uint32_t peers = kNone, roll_up = kNone, warnings = kNone;
  // The rules of lower strata are judged before this measure is final: 0 if it reads no levels.
  std::uint32_t stratum = 0;
  Cell empty;                        // replaces null, unless null itself
  std::vector<std::uint32_t> reads;  // measures a `value` reads, directly; sorted
  // `age`: the day counts at which some comparison can change its outcome, sorted; empty means
  // that every change of the number must be judged.
  std::vector<std::int64_t> thresholds;
  SourceSpan at;
};

// ---- rules
// ---------------------------------------------------------------------------------------

struct LevelRule {
  bool present = false;
  std::uint32_t enter = kNone, exit = kNone;  // Expr; exit kNone: not enter
  Span confirm;                               // `for`
  Span hold;
  bool step_down = false;  // leaves this level by one step only; Rule::step_down says so of all
  SourceSpan at;
};

enum class RuleStatus : std::uint8_t { draft, shadow, active, retired };

struct Exception {
  std::string unit;
  std::string reason, by;
  std::optional<Instant> until;  // end of the local day
};

// A sentence with placeholders: texts and expressions in turn.
struct Template {
  struct Part {
    std::string text;            // literal, if expr is kNone
    std::uint32_t expr = kNone;  // Expr over measures
    int decimals = -1;           // |N; -1: as it is
    bool percent = false;        // |percent: x100 and %
  };
  std::vector<Part> parts;
};

struct Rule {
  std::string id;
  Bilingual title, basis;
  std::string group, owner, duty;
  RuleStatus status = RuleStatus::active;
  std::optional<Instant> from, to;        // judged for from <= t < to
  std::vector<Exception> exceptions;      // sorted by unit
  std::uint32_t needs = kNone;            // Expr
  std::array<LevelRule, kLevels> levels;  // [yellow], [red]; [green] is never present
  bool step_down = false;
  Template because_zh, because_en;
  std::vector<std::uint32_t>
      measures;  // all that conditions and templates read, through `value` too; sorted by name
  bool keyed = false;
  std::uint32_t key = kNone;  // the common `per` slot
  // At one instant the rules of stratum 0 are judged in all units, then those of stratum 1 ...
  std::uint32_t stratum = 0;
  std::array<std::uint32_t, kLevels> shown_as{kNone, kNone, kNone};  // Shade, per level
  SourceSpan at;
};

struct Program {
  std::string pack;  // id
  Bilingual title;
  Zone zone;
  Calendar calendar;
  Duration max_future = days(1);
  std::array<std::uint8_t, 32> hash{};  // SHA-256 of the pack's meaning, calendar and zone included

  std::vector<std::string> symbols;  // constant texts; index = Symbol
  std::vector<Param> params;
  std::vector<EventType> types;
  std::vector<FieldSlot> slots;
  std::vector<std::string> unit_attributes;
  std::vector<std::string> patterns;  // RE2, known to compile
  std::vector<Expr> exprs;
  std::vector<Stream> streams;
  std::vector<Window> windows;
  std::vector<Item> items;
  std::vector<Sequence> sequences;
  std::vector<PeerView> peers;
  std::vector<RollUp> roll_ups;
  std::vector<WarningView> warnings;
  std::vector<Measure> measures;  // a `value` comes after all it reads
  std::vector<Rule> rules;        // sorted by id
  std::uint32_t strata = 1;
  std::array<LevelLabel, kLevels> labels;
  std::vector<Shade> shades;
  std::vector<Duty> duties;          // sorted by name; Rule::duty names one
  std::vector<SourceWatch> watched;  // sorted by source
  Flapping flapping;
  std::vector<SourceText> sources;  // names within the pack's folder, no bytes
};

}  // namespace lianqing
