// Work on a file that somebody else made, in a child process that can do little harm: its memory
// and time are limited, of system calls it has those that compute and write to its pipe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "connectors/table/table_error.h"

namespace lianqing {

struct ConfinedLimits {
  std::uint64_t memory = 1U << 30;      // bytes of address space on top of the parent's
  std::uint64_t seconds = 120;          // of processor time
  std::uint64_t output = 768ULL << 20;  // bytes written
};

// Hands bytes to the parent.
using ConfinedOutput = std::function<void(std::string_view)>;

// Everything `work` wrote. `work` runs in a copy of this process: what it changes is lost, and it
// must open nothing. refused: `work` was stopped by a limit, or crashed.
[[nodiscard]] TableResult<std::string> run_confined(
    const std::function<void(const ConfinedOutput&)>& work, const ConfinedLimits& limits = {});

}  // namespace lianqing
