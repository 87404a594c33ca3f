// One event followed by another, or by nothing (rules/views.h, Sequence). The matches of one value
// of `on` are derived from its events in (time, log order); what changed among them is withdrawn
// from, or added to, the streams of the sequence.
#pragma once

#include <array>
#include <vector>

#include "engine/items.h"
#include "rules/program.h"

namespace lianqing {

struct SequenceEvent {
  Instant time;
  Seq seq = 0;
  std::array<bool, 2> step{};
  bool excludes = false;   // it is of `without`
  std::vector<Cell> keys;  // one per stream of the sequence (Route::sequence_streams): null if the
                           // key is missing, the key for a keyed stream, true otherwise
  friend bool operator==(const SequenceEvent&, const SequenceEvent&) = default;
};

struct SequenceMatch {
  Instant time;                       // of the completing event, or when `within` had passed
  const SequenceEvent* by = nullptr;  // the completing event, or the one nothing followed
  // Not 0: whether it is a match depends on this year, which the calendar does not have; it is none
  // before `time`.
  int missing_year = 0;
};

// `events` sorted by (time, seq).
std::vector<SequenceMatch> matches(const Program& program, const Sequence& sequence,
                                   const std::vector<SequenceEvent>& events);

}  // namespace lianqing
