// Writes tables that spreadsheets open: quoted where needed, and no cell that a spreadsheet would
// take for a formula (such a cell gets an apostrophe in front).
#pragma once

#include <string>
#include <string_view>

namespace lianqing {

// Written first, it tells spreadsheets that the file is UTF-8.
inline constexpr std::string_view kCsvMark = "\xEF\xBB\xBF";

inline bool looks_like_formula(std::string_view text) {
  if (text.empty()) return false;
  if (std::string_view("=+-@\t\r\0", 7).find(text.front()) != std::string_view::npos) return true;
  for (const std::string_view wide : {"＝", "＋", "－", "＠"})
    if (text.starts_with(wide)) return true;
  return false;
}

inline void append_csv_cell(std::string& out, std::string_view text) {
  const bool formula = looks_like_formula(text);
  const bool quotes = formula || text.find_first_of(",\"\r\n\t;") != std::string_view::npos;
  if (quotes) out += '"';
  if (formula) out += '\'';
  for (const char c : text) {
    if (c == '\0') continue;
    if (c == '"') out += '"';
    out += c;
  }
  if (quotes) out += '"';
}

}  // namespace lianqing
