// From the values of a decoded event to the cells that the fold reads.
#pragma once

#include <vector>

#include "engine/symbols.h"
#include "lianqing/event.h"
#include "rules/program.h"

namespace lianqing {

// Texts are interned, lists go to `elements`. A text in a field declared as date or time is read as
// such; it must have been checked.
Cell to_cell(const Scalar& scalar, FieldType type, Symbols& symbols, std::vector<Cell>& elements);

// The value of a data field, or null.
const Scalar* find_field(const Event& event, std::string_view path);

}  // namespace lianqing
