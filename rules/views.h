// Measures that look at more than one stream of one unit: event after event, the unit's peers, the
// units below it, its own warnings. Tables of Program; indices as there.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lianqing/diagnostic.h"
#include "rules/expr.h"
#include "rules/span.h"

namespace lianqing {

// One event followed by another in time, or by nothing.
struct SequenceStep {
  std::vector<std::uint32_t> types;  // sorted; empty with any_type
  bool any_type = false;
  std::uint32_t where = kNone;  // Expr over the event
};

// Two steps: a match is an event of the second for which one of the first came before it, in (time,
// log order), at most `within` earlier, with nothing of `without` between them. One step: a match
// is an event of it after which nothing of `without` came until `within` had passed; it lies at
// that instant. All events of a match have the same value of `on`.
struct Sequence {
  std::vector<SequenceStep> steps;  // 1 or 2
  std::optional<SequenceStep> without;
  std::uint32_t on = kNone;  // field slot; kNone: any events of the unit match
  std::optional<Span> within;
  SourceSpan at;
};

// A measure over the unit's peers: the units of the register with the same value of `among`. Taken
// at the first instant of each period `every`, over the values after the records of that instant.
enum class PeerStat : std::uint8_t {
  median,
  q1,
  q3,  // as `quantile`
  mean,
  deviation,   // as `stddev`
  rank,        // 1 = highest; equal values share the better rank
  percentile,  // 100 * units with a value <= this unit's / units with a value
  count        // units with a value
};
struct PeerView {
  std::uint32_t subject = kNone;  // measure, not keyed
  PeerStat stat = PeerStat::median;
  std::uint32_t among = kNone;  // unit attribute
  Period every = Period::day;
};

// A measure over the units below in the register's tree (`parent`).
enum class RollUpScope : std::uint8_t { children, descendants };
enum class RollUpHow : std::uint8_t { count, share, maximum, sum };
struct RollUp {
  RollUpScope scope = RollUpScope::children;
  RollUpHow how = RollUpHow::count;
  // Over the lower unit's measures (not keyed), attributes and Op::level: the highest level among
  // its instances of the rules in `covers`. Truth for count and share, a number for the others.
  std::uint32_t expr = kNone;
  bool uses_level = false;
  std::vector<std::uint32_t> covers;  // rules, sorted
};

// A measure over the unit's own warnings: rises of level of the rules in `covers`, revoked ones
// excepted.
enum class WarningAttribute : std::uint8_t { level, rule, group, key };
struct WarningView {
  bool active = false;          // those that stand at t; else the rises in the window `span`
  std::uint32_t where = kNone;  // Expr over Op::warning_attr
  std::optional<WarningAttribute> distinct;  // counts different values of this
  WindowSpan span;
  std::vector<std::uint32_t> covers;  // rules, sorted
};

}  // namespace lianqing
