// One line of a sink's journal: a step of a decision about what is told. The journal is all that an
// outbox remembers; applying its entries in order gives the outbox again. Stored: docs/formats.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/level.h"
#include "lianqing/result.h"
#include "lianqing/sink.h"
#include "lianqing/time.h"

namespace lianqing {

enum class OutboxStep : std::uint8_t {
  start,     // the sink is new, or skipped warnings made anew: it goes on behind `position`
  edge,      // a warning was read: it joined `notice`, or was left out for the reason `why`
  close,     // the notice is complete; goes out at `next` at the earliest, held for `why`
  drop,      // the notice says nothing any more, `why`
  attempt,   // `notices` were sent and failed, `why`; `kind` says how; the next at `next`
  receipt,   // `notices` arrived
  dead,      // the notice is given up, `why`
  retry,     // a dead notice goes out again (none named: the sink is tried at once)
  disabled,  // the receiver wants no more
  enabled,
};
std::string_view name(OutboxStep step);

struct OutboxEntry {
  OutboxStep step = OutboxStep::start;
  Instant at;
  std::uint64_t position = 0;        // start
  std::uint64_t generation = 0;      // start: position of the first warning of those it reads
  NoticeEdge edge;                   // edge
  std::string notice;                // edge (empty: left out), close, drop, dead, retry
  std::vector<std::string> notices;  // attempt, receipt
  std::string why;                   // a code of the outbox, or what the receiver said
  DeliveryFailure::Kind kind = DeliveryFailure::Kind::unavailable;  // attempt
  bool asked = false;           // attempt: the receiver named the time
  std::optional<Instant> next;  // edge: when the notice is complete; close; attempt
};

// One line without the newline.
std::string to_json(const OutboxEntry& entry);
// Fails (corrupt).
[[nodiscard]] Result<OutboxEntry> parse_outbox_entry(std::string_view line);

}  // namespace lianqing
