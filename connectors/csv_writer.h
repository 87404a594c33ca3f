// Tables for spreadsheets: CSV that a person may open without harm. A cell that a spreadsheet would
// take for a formula gets an apostrophe before it.
#pragma once

#include <optional>
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
// Lines as bytes of a file that has begun. Fails (io) if the C library lacks the encoding.
[[nodiscard]] Result<std::string> encode_lines(const std::string& utf8, TableEncoding encoding);
// The whole text as bytes of the file, with what stands before it. Fails likewise.
[[nodiscard]] Result<std::string> encode_table(const std::string& utf8, TableEncoding encoding);
// "utf-8", "gb18030"; nothing on another word.
std::optional<TableEncoding> table_encoding(std::string_view word);

}  // namespace lianqing
