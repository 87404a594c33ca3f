#include "connectors/csv.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "connectors/utf8.h"

namespace lianqing {
namespace {

class CsvReader {
 public:
  explicit CsvReader(std::string_view bytes) : bytes_(bytes) {
    if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  Result<std::vector<CsvRow>> rows() {
    std::vector<CsvRow> out;
    while (at_ < bytes_.size()) {
      row_.row += 1;
      row_.line = line_;
      row_.fields.clear();
      row_start_ = at_;
      if (skip_line_end()) continue;
      if (!read_row()) return failure(ErrorCode::refused, std::move(problem_));
      out.push_back(row_);
    }
    return out;
  }

 private:
  bool fail(const std::string& what) {
    problem_ = "row " + std::to_string(row_.row) + " (line " + std::to_string(line_) +
               "), column " + std::to_string(row_.fields.size() + 1) + ": " + what;
    return false;
  }

  bool at_end() const { return at_ == bytes_.size(); }
  char here() const { return bytes_[at_]; }

  // Past LF or CRLF, if one is here.
  bool skip_line_end() {
    const std::size_t length = bytes_.substr(at_).starts_with("\r\n") ? 2 : here() == '\n' ? 1 : 0;
    at_ += length;
    line_ += length > 0;
    return length > 0;
  }

  bool read_row() {
    for (;;) {
      if (row_.fields.size() == kMaxCsvColumns) return fail("more than 512 columns");
      std::string field;
      const bool quoted = !at_end() && here() == '"';
      if (!(quoted ? read_quoted(field) : read_plain(field)) || !check(field)) return false;
      row_.fields.push_back(std::move(field));
      if (at_end() || skip_line_end()) return true;
      if (here() != ',')
        return fail("text after a closing quote; expected a comma or the end of the row");
      ++at_;
    }
  }

  bool read_plain(std::string& field) {
    const std::size_t end = std::min(bytes_.find_first_of(",\n\"\r", at_), bytes_.size());
    field = bytes_.substr(at_, std::min(end - at_, kMaxCsvFieldBytes + 1));
    at_ = end;
    if (at_end() || here() == ',' || here() == '\n') return true;
    if (here() == '"') return fail("a quote inside a field that does not begin with one");
    return bytes_.substr(at_).starts_with("\r\n") || fail("a carriage return without a line feed");
  }

  bool read_quoted(std::string& field) {
    for (++at_;;) {
      const std::size_t end = bytes_.find('"', at_);
      const std::string_view part =
          bytes_.substr(at_, end == std::string_view::npos ? end : end - at_);
      if (field.size() + part.size() > kMaxCsvFieldBytes)
        return fail("a field over 64 KiB; is a quote missing?");
      if (end == std::string_view::npos)
        return fail("a quoted field is not closed before the end of the file");
      field += part;
      line_ += static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n'));
      at_ = end + 1;
      if (at_end() || here() != '"') return true;
      field += '"';
      ++at_;
    }
  }

  bool check(std::string_view field) {
    if (field.size() > kMaxCsvFieldBytes) return fail("a field over 64 KiB");
    if (at_ - row_start_ > kMaxCsvRowBytes) return fail("a row over 1 MiB");
    if (field.find('\0') != std::string_view::npos) return fail("a NUL byte; is this a CSV file?");
    const std::size_t bad = first_bad_utf8(field);
    return bad == std::string_view::npos || fail("not UTF-8 (byte " + std::to_string(bad + 1) +
                                                 " of the field); save the table as UTF-8");
  }

  const std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t row_start_ = 0;
  std::uint64_t line_ = 1;
  CsvRow row_;
  std::string problem_;
};

}  // namespace

Result<std::vector<CsvRow>> read_csv(std::string_view bytes) { return CsvReader(bytes).rows(); }

}  // namespace lianqing
