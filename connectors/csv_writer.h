// Tables for spreadsheets: CSV that a person may open without harm. A cell that a spreadsheet would
// take for a formula gets an apostrophe before it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

// Written first, it tells spreadsheets that the file is UTF-8.
inline constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

enum class TableEncoding : std::uint8_t { utf8_with_mark, gb18030 };

// One line, UTF-8, ended by CR LF.
std::string csv_line(std::span<const std::string> cells);
// The whole text as bytes of the file. Fails (io) if the C library lacks the encoding.
[[nodiscard]] Result<std::string> encode_table(const std::string& utf8, TableEncoding encoding);

}  // namespace lianqing
