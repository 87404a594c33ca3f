// Tables opened for staff: why one cannot be read is said in their language, too.
#pragma once

#include <string>

#include "connectors/table/table.h"

namespace lianqing {

// As Table::open.
[[nodiscard]] TableResult<Table> open_table(const std::string& path, const TableChoice& choice);

}  // namespace lianqing
