// What a warning rests on: the windows of its rule's measures and the newest events in them.
#pragma once

#include "engine/fold.h"

namespace lianqing {

// What the rule of `instance` looks at, at t. `out` is written anew. Card: windows over one stream
// cost the ids cited and nothing per event; over several streams one step per event and stream, to
// count an event once that lies in more than one.
void cite(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
          Evidence& out);

}  // namespace lianqing
