// When people may be disturbed: quiet hours, working days, and the hour of a digest. What it holds
// back is late, never lost, and no deadline waits for it.
#pragma once

#include <chrono>
#include <optional>

#include "cli/outbox/outbox.h"
#include "rules/calendar.h"
#include "rules/zone.h"

namespace lianqing {

struct OutboxHours {
  // Quiet from and until this time of the local day; `from` may be the later one. Equal: never.
  std::chrono::minutes quiet_from{0}, quiet_until{0};
  bool workdays = false;                       // other days are quiet altogether
  std::optional<Level> always;                 // this level and those above pass at any time
  std::optional<std::chrono::minutes> digest;  // everything waits for this time of the day

  bool any() const { return quiet_from != quiet_until || workdays || digest.has_value(); }
};

// A day for which the calendar has no data is taken for a working day: rather disturb than be
// silent.
Hold hold_until(const OutboxHours& hours, const Zone& zone, const Calendar& calendar, Instant now,
                Level level);

}  // namespace lianqing
