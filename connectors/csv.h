// Comma separated values by RFC 4180: registers of units, tables to import. Takes UTF-8, with or
// without byte order mark, LF or CRLF; line ends, commas and doubled quotes within quoted fields.
// The whole text is read before anything is returned: one bad row and there is no table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/result.h"

namespace lianqing {

inline constexpr std::size_t kMaxCsvFieldBytes = 64 * 1024;
inline constexpr std::size_t kMaxCsvRowBytes = 1024 * 1024;
inline constexpr std::size_t kMaxCsvColumns = 512;

struct CsvRow {
  std::uint64_t row = 0;   // from 1, the header included; as a spreadsheet counts
  std::uint64_t line = 0;  // from 1; ahead of `row` once a quoted field held a line end
  std::vector<std::string> fields;
};

// Empty rows are left out of the result (and counted in `row`); rows may differ in length, which is
// the caller's to judge. refused: a row breaks the format or a limit; the text names row and
// column.
[[nodiscard]] Result<std::vector<CsvRow>> read_csv(std::string_view bytes);

}  // namespace lianqing
