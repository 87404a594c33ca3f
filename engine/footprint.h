// About how much memory a unit takes, so that as many are kept at hand as there is room for.
#pragma once

#include <cstddef>

#include "engine/state.h"

namespace lianqing {

// Bytes; what few units have is left out.
std::size_t footprint(const UnitState& unit);

}  // namespace lianqing
