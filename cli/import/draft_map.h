// A first map for a table that nobody has mapped yet: roles of columns guessed by their headers and
// by what stands below, for a person to go over.
#pragma once

#include <string>

#include "connectors/table/table.h"

namespace lianqing {

// YAML with comments. It is a sound map as it stands. refused: no row that looks like a header.
[[nodiscard]] TableResult<std::string> draft_map(const std::string& path, Table& table);

}  // namespace lianqing
