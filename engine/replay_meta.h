// What a replay stores of itself with each commit (docs/formats.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/replay.h"

namespace lianqing {

// What a state belongs to: the 32 bytes of the rule set's hash, and the register as text, here as
// its hash.
std::string state_owner(std::string_view rules_and_register);

struct ReplayMeta {
  std::string belongs_to;  // state_owner()
  ClockMode mode = ClockMode::as_recorded;
  Counts counts;
  std::map<std::string, std::uint64_t> reasons;
  Instant clock = kBeforeAll;
  Seq next_seq = 0;
  bool started = false;  // the registered units have been judged
  std::uint64_t judgements = 0;
  bool together = false;                // units are folded instant by instant
  Instant done = kBeforeAll;            // newest instant at which they were
  std::vector<CalendarUpdate> updates;  // of the calendar so far
  CalendarGaps gaps;
  std::string position;  // the caller's own

  std::string encode() const;
  // Fails (corrupt) on other bytes; of an earlier version belongs_to is empty.
  static Result<ReplayMeta> decode(std::string_view bytes);
};

}  // namespace lianqing
