// JSON lines as rows of a table: members are columns, those of objects inside by dotted paths
// (`place.district`), lists of texts and numbers joined by `、`.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/csv.h"
#include "connectors/table/table_error.h"

namespace lianqing {

// All rows of the file (plain or gzip), after a row with the columns' names in order of appearance.
// A line that is not a JSON object has a fault.
[[nodiscard]] TableResult<std::vector<CsvRow>> read_json_rows(const std::string& path);

}  // namespace lianqing
