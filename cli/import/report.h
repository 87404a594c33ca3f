// What people read about an import: the report as a table, and the summary.
#pragma once

#include <string>

#include "cli/import/imported.h"

namespace lianqing {

// A CSV with byte order mark: 行号, 列, 值, 原因, 处理 (row, column, value, reason, verdict). One
// line per note.
std::string report_csv(const Imported& imported, bool chinese);

// What the file is, what is left unused, counts that reconcile, and the first notes. Ends with LF.
std::string import_summary(const std::string& path, const Imported& imported, bool chinese);
// The same as one line of JSON.
std::string import_summary_json(const std::string& path, const Imported& imported);

}  // namespace lianqing
