// What the daemon's stored state and warnings belong to, and how far they reach.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/roster.h"
#include "lianqing/result.h"
#include "rules/program.h"

namespace lianqing {

// Where the generation of warnings that is being made began; a fact in the log under this key.
inline constexpr std::string_view kGenerationKey = "serve/warnings";
struct Generation {
  std::string name;         // of what the warnings depend on besides the log
  std::uint64_t first = 1;  // position of its first warning

  std::string encode() const;
  static Result<Generation> decode(std::string_view bytes);  // fails: corrupt
  bool operator==(const Generation&) const = default;
};

// The name that a rule pack and a register give.
std::string generation_name(const Program& program, const std::vector<RegisteredUnit>& units);

// The caller's position in a checkpoint of the state.
struct LivePosition {
  Generation generation;
  Seq records = 0;         // of the log, folded
  std::uint64_t next = 1;  // position of the next warning
  Instant judged = kBeforeAll;
  std::string desk;  // Desk::encode

  std::string encode() const;
  static Result<LivePosition> decode(std::string_view bytes);  // fails: corrupt
};

}  // namespace lianqing
