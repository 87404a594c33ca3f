// Rows of a table into events, by a map. The same table and map give the same events, to the byte.
#pragma once

#include "cli/import/import_map.h"
#include "cli/import/imported.h"
#include "cli/import/unit_names.h"

namespace lianqing {

// `units` may be null if the map names no table of units. refused: no header row with the columns
// that the map cannot do without.
[[nodiscard]] TableResult<Imported> import_rows(Table& table, const ImportMap& map,
                                                const UnitNames* units);

// The whole of it: opens the table, reads the map's table of units or `units_path` in its place.
[[nodiscard]] TableResult<Imported> import_file(const std::string& path, const ImportMap& map,
                                                const std::string& units_path);

}  // namespace lianqing
