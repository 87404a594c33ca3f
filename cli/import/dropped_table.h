// A file in a drop directory, read by the map that is for it.
#pragma once

#include <string>

#include "connectors/sources/dropped_table.h"

namespace lianqing {

// By the one map of the folder `maps` (*.map.yaml) that is for files of this name. A file that
// cannot be read as a table, or that no map or several are for, is a table with one fault. io: the
// world; refused: no map is for it, and some have mistakes.
[[nodiscard]] Result<DroppedTable> import_dropped_table(const std::string& path,
                                                        const std::string& maps,
                                                        const std::string& units, bool chinese);

}  // namespace lianqing
