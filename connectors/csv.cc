#include "connectors/csv.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "connectors/utf8.h"

namespace lianqing {

CsvRows::CsvRows(std::string_view bytes, char delimiter)
    : bytes_(bytes), delimiter_(delimiter), ends_{delimiter, '\n', '"', '\r', '\0'} {
  if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;
}

bool CsvRows::next(CsvRow& row) {
  while (!at_end()) {
    row_.row = ++number_;
    row_.line = line_;
    row_.fields.clear();
    row_.fault.reset();
    row_start_ = at_;
    if (skip_line_end()) continue;
    if (!read_row()) {
      at_ = row_start_;
      at_ = std::min(bytes_.find('\n', row_start_), bytes_.size() - 1) + 1;
      line_ = row_.line + 1;
    }
    std::swap(row, row_);
    return true;
  }
  return false;
}

void CsvRows::note(Bilingual what) {
  if (!row_.fault) row_.fault = CsvFault{line_, row_.fields.size() + 1, std::move(what)};
}

bool CsvRows::breaks(Bilingual what) {
  row_.fault.reset();
  note(std::move(what));
  return false;
}

// Past LF or CRLF, if one is here.
bool CsvRows::skip_line_end() {
  const std::size_t length = bytes_.substr(at_).starts_with("\r\n") ? 2 : here() == '\n' ? 1 : 0;
  at_ += length;
  line_ += length > 0;
  return length > 0;
}

bool CsvRows::read_row() {
  for (;;) {
    if (row_.fields.size() == kMaxCsvColumns)
      return breaks({"超过 512 列", "more than 512 columns"});
    std::string field;
    const bool quoted = !at_end() && here() == '"';
    if (!(quoted ? read_quoted(field) : read_plain(field))) return false;
    if (at_ - row_start_ > kMaxCsvRowBytes) return breaks({"一行超过 1 MiB", "a row over 1 MiB"});
    check(field);
    row_.fields.push_back(std::move(field));
    if (at_end() || skip_line_end()) return true;
    if (here() != delimiter_) {
      return breaks({"右引号之后还有文字；此处应是分隔符或行尾",
                     "text after a closing quote; expected a delimiter or the end of the row"});
    }
    ++at_;
  }
}

bool CsvRows::read_plain(std::string& field) {
  const std::size_t end = std::min(bytes_.find_first_of(ends_, at_), bytes_.size());
  field = bytes_.substr(at_, std::min(end - at_, kMaxCsvFieldBytes + 1));
  if (end - at_ > kMaxCsvFieldBytes)
    return breaks({"一个单元格超过 64 KiB", "a field over 64 KiB"});
  at_ = end;
  if (at_end() || here() == delimiter_ || here() == '\n') return true;
  if (here() == '"') {
    return breaks({"没有以引号开头的单元格里有引号；请把整格加引号，格内的引号写两个",
                   "a quote inside a field that does not begin with one"});
  }
  return bytes_.substr(at_).starts_with("\r\n") ||
         breaks({"有回车而没有换行", "a carriage return without a line feed"});
}

bool CsvRows::read_quoted(std::string& field) {
  for (++at_;;) {
    const std::size_t end = bytes_.find('"', at_);
    const std::string_view part =
        bytes_.substr(at_, end == std::string_view::npos ? end : end - at_);
    if (field.size() + part.size() > kMaxCsvFieldBytes) {
      return breaks(
          {"一个单元格超过 64 KiB；是否少了引号？", "a field over 64 KiB; is a quote missing?"});
    }
    if (end == std::string_view::npos) {
      return breaks(
          {"引号到文件末尾都没有关闭", "a quoted field is not closed before the end of the file"});
    }
    field += part;
    line_ += static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n'));
    at_ = end + 1;
    if (at_end() || here() != '"') return true;
    field += '"';
    ++at_;
  }
}

// What is wrong with a field though the row can be read on.
void CsvRows::check(std::string_view field) {
  if (field.find('\0') != std::string_view::npos) {
    return note({"有 NUL 字节；这是 CSV 文件吗？", "a NUL byte; is this a CSV file?"});
  }
  const std::size_t bad = first_bad_utf8(field);
  if (bad == std::string_view::npos) return;
  const std::string place = std::to_string(bad + 1);
  note({"不是 UTF-8（单元格第 " + place + " 字节）；请把表格存为 UTF-8",
        "not UTF-8 (byte " + place + " of the field); save the table as UTF-8"});
}

Result<std::vector<CsvRow>> read_csv(std::string_view bytes) {
  std::vector<CsvRow> out;
  CsvRow row;
  for (CsvRows rows(bytes); rows.next(row); out.push_back(row)) {
    if (!row.fault) continue;
    return failure(ErrorCode::refused, "row " + std::to_string(row.row) + " (line " +
                                           std::to_string(row.fault->line) + "), column " +
                                           std::to_string(row.fault->column) + ": " +
                                           row.fault->what.en);
  }
  return out;
}

}  // namespace lianqing
