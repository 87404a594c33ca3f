#include "connectors/csv_writer.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

using namespace std::string_view_literals;

// What begins a formula, in full width too, and what a spreadsheet drops before looking.
constexpr std::array kDangerous = {"="sv,  "+"sv,  "-"sv,  "@"sv,  "\t"sv, "\r"sv,
                                   "\n"sv, "\0"sv, "＝"sv, "＋"sv, "－"sv, "＠"sv};

std::string safe(std::string_view cell) {
  std::string out;
  for (const std::string_view start : kDangerous) {
    if (cell.starts_with(start)) out = "'";
  }
  for (const char c : cell) out += c == '\0' ? ' ' : c;
  return out;
}

}  // namespace

std::string csv_line(std::span<const std::string> cells) {
  std::string out;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = safe(cells[i]);
    if (i > 0) out += ',';
    // A semicolon and a tab separate cells for some readers.
    const bool plain = cell.find_first_of(",;\t\"\r\n") == std::string::npos;
    if (plain && !cell.starts_with('\'')) {
      out += cell;
      continue;
    }
    out += '"';
    for (const char c : cell) {
      if (c == '"') out += '"';
      out += c;
    }
    out += '"';
  }
  return out + "\r\n";
}

std::optional<TableEncoding> table_encoding(std::string_view word) {
  if (word == "utf-8") return TableEncoding::utf8_with_mark;
  if (word == "gb18030") return TableEncoding::gb18030;
  return std::nullopt;
}

Result<std::string> encode_table(const std::string& utf8, TableEncoding encoding) {
  LQ_TRY(std::string lines, encode_lines(utf8, encoding));
  if (encoding == TableEncoding::utf8_with_mark) lines.insert(0, kUtf8Mark);
  return lines;
}

Result<std::string> encode_lines(const std::string& utf8, TableEncoding encoding) {
  if (encoding == TableEncoding::utf8_with_mark) return utf8;
  const iconv_t converter = ::iconv_open("GB18030", "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) {
    return failure(ErrorCode::io, "this machine cannot write GB18030");
  }
  std::string text = utf8, out(4 * utf8.size() + 16, '\0');
  char* from = text.data();
  char* to = out.data();
  std::size_t left = text.size(), room = out.size();
  while (left > 0 && ::iconv(converter, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) {
    if (errno != EILSEQ && errno != EINVAL) break;
    ++from;  // not UTF-8: the byte is left out as a question mark
    --left;
    *to++ = '?';
    --room;
  }
  ::iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

}  // namespace lianqing
