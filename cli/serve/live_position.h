// What the daemon's stored state and warnings belong to, and how far they reach.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/casebook/casebook.h"
#include "engine/roster.h"
#include "lianqing/result.h"
#include "rules/program.h"

namespace lianqing {

// A rule pack that rules, or ruled until the next one.
struct Reign {
  std::string pack;   // hash under which it is kept
  std::string rules;  // hash of what it compiles to: another one if the compiler has changed
  Instant from = kBeforeAll;  // of its activation, whose transitions are told by it
  std::uint64_t next = 1;     // position of the first warning behind those transitions

  bool operator==(const Reign&) const = default;
};

// The warnings that are being made: those of one register under one rule pack after the other. A
// fact in the log under this key.
inline constexpr std::string_view kGenerationKey = "serve/reigns";
struct Generation {
  std::string name;           // of the register
  std::uint64_t first = 1;    // position of its first warning
  std::vector<Reign> reigns;  // in order of time; at least one

  std::string encode() const;
  static Result<Generation> decode(std::string_view bytes);  // fails: corrupt
  bool operator==(const Generation&) const = default;
};

// The name that a register gives.
std::string generation_name(const std::vector<RegisteredUnit>& units);

// Where the state that a pack makes is stored in the data directory.
std::string state_directory(const std::string& data, const std::string& pack);

// Key of the note beside the state that holds what the casebook remembers of a unit.
inline std::string life_note(std::string_view unit) { return "life/" + std::string(unit); }
// The unit of such a key; nothing: another note.
inline std::optional<std::string_view> life_of_note(std::string_view key) {
  if (!key.starts_with("life/")) return std::nullopt;
  return key.substr(5);
}
// What the casebook remembers of each unit, as the notes have it.
[[nodiscard]] Result<std::vector<UnitBytes>> stored_lives(Store& store);

// The caller's position in a checkpoint of the state.
struct LivePosition {
  Generation generation;
  Seq records = 0;         // of the log, folded
  std::uint64_t next = 1;  // position of the next warning
  Instant judged = kBeforeAll;
  std::string desk;        // Desk::encode_head
  bool announced = false;  // the log says which pack rules
  // Renames::encode; nothing: it was made by a version that did not follow names.
  std::optional<std::string> names = std::string();

  std::string encode() const;
  static Result<LivePosition> decode(std::string_view bytes);  // fails: corrupt
};

}  // namespace lianqing
