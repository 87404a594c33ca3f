// The record by which the log says that a rule pack rules from now on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/event.h"
#include "lianqing/time.h"

namespace lianqing {

inline constexpr std::string_view kActivationType = "ruleset_activated";

// Who wants it, how, and why.
struct Activation {
  std::string by;      // name of the token; empty: nobody, the daemon itself
  std::string cause;   // "start", "api", "file", "signal"
  std::string reason;  // free text
};

// As a CloudEvent, one line. `replaces`: hash of the pack that ruled until then; empty: none.
std::string activation_text(const Activation& activation, const std::string& pack_id,
                            const std::string& hash, const std::string& replaces, Instant at);

// The hash, or its first digits, that such a record names; nothing if it is another one.
std::optional<std::string> activated_hash(const Event& event);

}  // namespace lianqing
