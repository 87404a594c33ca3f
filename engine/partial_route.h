// The routes of some of a program's rules.
#pragma once

#include <vector>

#include "engine/entry.h"
#include "engine/route.h"

namespace lianqing {

// As if the program had no other rules than these (rule -> whether), but for its numbering. Only of
// programs whose units do not look at each other.
Route route_of(const Program& program, const std::vector<bool>& rules);

// Whether the entry may change anything that a rule of the route reads.
bool concerns(const Route& route, const LogEntry& entry);

}  // namespace lianqing
