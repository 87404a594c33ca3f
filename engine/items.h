// Obligations with a deadline. An item's life is derived from its events in (time, log order), so a
// late opening or closing simply re-derives it; what it contributes to measures is withdrawn and
// added again by exact delta.
#pragma once

#include <map>
#include <vector>

#include "engine/entry.h"
#include "rules/program.h"

namespace lianqing {

enum class ItemStep : std::uint8_t { open, close, extend };

struct ItemEvent {
  Instant time;
  Seq seq = 0;
  ItemStep step = ItemStep::open;
  Instant due = kNever;     // open, extend
  std::vector<Cell> facts;  // open: one per view of the item (Route::item_views): see there

  friend bool operator==(const ItemEvent&, const ItemEvent&) = default;
};

// One opening and what became of it.
struct Episode {
  const ItemEvent* opening = nullptr;
  Instant closed = kNever;
  Seq close_seq = 0;
  Instant due = kNever;  // the one in force last
  std::vector<const ItemEvent*> extensions;

  // Whether view `v` of the item sees the same; `span_only`: from when to when it was open, and its
  // due, are all that it looks at.
  bool same_for(const Episode& other, std::size_t v, bool span_only) const;
};

// Derives the episodes; `ignored` counts openings of open items and closings or extensions of none.
std::vector<Episode> episodes(const std::vector<ItemEvent>& events, std::uint64_t* ignored);

// A deadline, as far as the calendar can tell: it does not lie before `from`, nor behind `to`. They
// differ only if days of a year without data may lie in between; that year is named then. kNever:
// there is none, or nobody can say.
struct Reckoned {
  Instant from = kNever, to = kNever;
  int missing_year = 0;

  bool is_certain() const { return missing_year == 0; }
  // Whether it is certain at t on which side of the deadline t lies.
  bool tells(Instant t) const { return t < from || t >= to; }
};

// How many intervals hold now, and when that changes by itself.
struct IntervalCount {
  std::int64_t active = 0;
  std::map<Instant, std::int64_t> ahead;  // instant > clock -> change; no zero entries

  // Adds (sign +1) or withdraws (-1) the interval [from, to), seen at clock t.
  void change(Instant from, Instant to, int sign, Instant t);
  void advance(Instant t);
  Instant due() const { return ahead.empty() ? kNever : ahead.begin()->first; }
};

// `t + span` by the rules of working days; a deadline at 24:00 belongs to the day it ends.
Reckoned deadline_after(const Program& program, Instant due, const Span& span);
// The first instant from which on at most `span` is left until `due`.
Reckoned warning_start(const Program& program, Instant due, const Span& span);
// `since + span` for `for` and `hold`.
Reckoned after(const Program& program, Instant since, const Span& span);

}  // namespace lianqing
