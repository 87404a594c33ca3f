// What is told of a unit without taking up its state: where it stands in the tree and which of its
// rules are not green. It follows from the state and is stored beside it, so that a start need not
// read the states of all units.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/state.h"

namespace lianqing {

struct Outline {
  struct Stand {
    std::uint32_t rule = kNone;
    std::string key;  // as text; empty if the rule has none
    Level level = Level::green;
    bool grey = false;
    Instant since = kNever;
  };
  std::string parent;         // in the register's tree; empty: at the top
  bool waits = false;         // something about it is known that takes effect later
  std::vector<Stand> stands;  // those that are not green, or grey; sorted by rule and key
};

// Canonical bytes (docs/formats.md); none at all of a unit of which there is nothing to tell.
std::string encode_outline(const UnitState& unit, const Fold& fold);
// Nothing: not made by this program.
std::optional<Outline> decode_outline(std::string_view bytes, const Program& program);

}  // namespace lianqing
