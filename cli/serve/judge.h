// A rule pack that folds the log: its program, its stored state, and who hears what it tells.
// Belongs to one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/serve/store_behind.h"
#include "engine/outline.h"
#include "engine/replay.h"
#include "log/event_log.h"

namespace lianqing {

// What is before an instant is heard; nothing while there is nobody to hear it.
struct Voice {
  std::function<Status(const Leaving&)> heard;
  std::function<void(const Event&, const LogEntry&, std::string_view)> admitted;
  std::function<void(const GreyChange&)> grey;
  Instant before = kNever;

  bool carries(Instant t) const { return heard && t < before; }
};

struct Judge {
  std::shared_ptr<const Program> program;
  std::string pack;       // hash under which it is kept
  std::string directory;  // of the store
  std::shared_ptr<Voice> voice;
  std::unique_ptr<StoreBehind> store;
  std::unique_ptr<Replay> replay;  // ends before the store

  // Ends it and removes its store from the disk.
  void dismiss();
};

// `fresh`: what is stored there is dropped first; else replay->resume() takes it up.
[[nodiscard]] Result<Judge> make_judge(const std::string& data,
                                       std::shared_ptr<const Program> program, std::string pack,
                                       const std::vector<RegisteredUnit>& units, bool fresh);

// Units with rules that are not green, or grey, and which.
using Stands = std::map<std::string, std::vector<Outline::Stand>, std::less<>>;
// As the newest checkpoint has them; `met` is told of every unit.
[[nodiscard]] Result<Stands> stored_stands(const Judge& judge,
                                           const std::function<void(std::string_view)>& met);
// As they are now; they were right at the newest checkpoint. Costs what has changed since; `met` is
// told of that.
[[nodiscard]] Status renew(Stands& stands, const Judge& judge,
                           const std::function<void(std::string_view)>& met);

// What is known of a pack that was folded beside the one that rules.
struct Prepared {
  Seq folded = 0;      // records below it
  Stands stands;       // as of its newest checkpoint
  bool lives = false;  // its store has what Live::lives() gave
};

// Folds the records `from` to `to` - 1 of the log, as far as they were recorded at or before
// `until`.
struct LogStretch {
  Seq from = 0, to = UINT64_MAX;
  Instant until = kNever;
};
// Calls `met` with every event; when it says false, nothing recorded later than that event is
// folded. Calls `folded` with how far it has come, now and then. Gives the seq behind the last
// record that was looked at.
[[nodiscard]] Result<Seq> refold_until(const EventLog& log, Replay& replay, LogStretch stretch,
                                       const std::function<bool(const Event&)>& met,
                                       const std::function<Status(Seq next)>& folded);
// All of the stretch.
[[nodiscard]] Status refold(const EventLog& log, Replay& replay, LogStretch stretch,
                            const std::function<void(const Event&)>& met,
                            const std::function<Status(Seq next)>& folded);

}  // namespace lianqing
