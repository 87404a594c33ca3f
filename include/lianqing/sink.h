// What a sink implements: notices go out, a receipt or a failure comes back. The outbox
// (cli/outbox) decides what is told, when, and what happens after a failure; a sink only carries.
// A new kind is a file in connectors/sinks and a row in its registry.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "lianqing/level.h"
#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

// One warning of a notice.
struct NoticeEdge {
  std::uint64_t position = 0;  // in the log's list of warnings, from 1
  std::string id;              // of the warning
  std::string unit, rule, key;
  Level from = Level::green, to = Level::green;
  Instant time;
  std::string text;  // the whole warning as JSON; empty where nobody needs it
};

// What one message is about: one warning, or those of one unit within its settle time.
struct Notice {
  std::string id;  // stable: the same at every attempt, so that a receiver can tell it came twice
  std::string unit;
  Level level = Level::green;     // the highest that a rule of the notice now stands at
  Level before = Level::green;    // the highest that one of them stood at before
  std::vector<NoticeEdge> edges;  // at least one, in order
};

// A level that stands, whenever it came.
struct StandingLevel {
  std::string unit, rule, key;
  Level level = Level::green;
  Instant since;
};

struct Receipt {
  std::string text;  // what the receiver said, for the record of the decision; never a secret
};

struct DeliveryFailure {
  enum class Kind : std::uint8_t {
    unavailable,  // nobody can be reached there now: everything waits
    refused,      // this message is not taken: others may be
    gone,         // the receiver wants no more messages
  } kind = Kind::unavailable;
  std::string what;                     // for people; never a secret
  std::optional<Duration> retry_after;  // not before this much later, as the receiver said
};
using Delivery = Outcome<Receipt, DeliveryFailure>;

// Used by one thread at a time.
class Sink {
 public:
  virtual ~Sink() = default;

  // All of them or none; at most as many as the registry's row says, of one unit in order. Waits
  // are bounded; ends early once a stop is requested.
  [[nodiscard]] virtual Delivery deliver(std::span<const Notice> notices, Instant now,
                                         const std::stop_token& stop) = 0;

  // How often the receiver wants to hear of all levels that stand; nothing: never.
  virtual std::optional<Duration> refresh_every() const { return std::nullopt; }
  [[nodiscard]] virtual Delivery refresh(std::span<const StandingLevel>, Instant,
                                         const std::stop_token&) {
    return Receipt{};
  }
};

}  // namespace lianqing
