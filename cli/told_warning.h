// A warning as a daemon told it, found by its id in the log that it was stored beside.
#pragma once

#include <optional>
#include <string>

#include "lianqing/level.h"
#include "lianqing/result.h"
#include "lianqing/time.h"
#include "log/event_log.h"

namespace lianqing {

struct ToldWarning {
  std::string unit, rule;
  Level from = Level::green, to = Level::green;
  Instant time;
  std::string rules;        // hash of what judged it
  bool backfilled = false;  // told by new rules of what was before them
};

// Nothing if no such warning is stored. Fails (corrupt, io).
[[nodiscard]] Result<std::optional<ToldWarning>> told_warning(const EventLog& log,
                                                              const std::string& id);

}  // namespace lianqing
