// Event files, or the durable log, driven through a Replay: order, batches, checkpoints, the end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "connectors/sources/event_files.h"
#include "engine/replay.h"

namespace lianqing {

struct EventFeed {
  std::vector<std::string> paths;   // of event files; of the data directory, if `data`
  bool data = false;                // the log of a data directory instead of files
  bool sort = false;                // by recorded time, stable
  std::optional<Instant> until;     // records with a later clock are not part of the run
  std::optional<Instant> known_at;  // records recorded later are not known yet
  ClockMode mode = ClockMode::as_recorded;
  std::uint64_t skip = 0;              // records that an earlier run has taken
  std::uint64_t checkpoint_every = 0;  // records; 0: never
};

// Called between batches; `records` have been taken so far.
using LogProgress = std::function<void(std::uint64_t records, const ReadingProgress&)>;
// Makes the run durable at this point of the log.
using LogCheckpoint = std::function<Status(std::uint64_t records)>;

// Feeds the whole log and finishes the replay.
[[nodiscard]] Status feed(Replay& replay, const EventFeed& log, const LogProgress& progress,
                          const LogCheckpoint& checkpoint);

}  // namespace lianqing
