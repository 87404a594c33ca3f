// The cells of a sheet of an .xlsx workbook as texts, the way a CSV saved from it would show them:
// dates as `2024-03-05` or `2024-03-05 08:30:00`, percentages with their sign, numbers with fifteen
// digits, formulas by their last result. Read in a child process (confined.h): such files come from
// anybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/csv.h"
#include "connectors/table/table_error.h"

namespace lianqing {

inline constexpr std::size_t kMaxXlsxBytes = 64U << 20;
inline constexpr std::uint64_t kMaxXlsxRows = 1'048'576;

struct XlsxSheet {
  std::string name;                // the one that was read
  std::vector<std::string> names;  // all that can be seen, in order
  std::vector<CsvRow> rows;        // rows with something in them, numbered as the spreadsheet does
};

// `sheet`: its name, or empty for the first that is not hidden. refused: no such sheet; not a
// workbook; a limit; a document type declaration.
[[nodiscard]] TableResult<XlsxSheet> read_xlsx(std::string_view bytes, const std::string& sheet);

}  // namespace lianqing
