// Comma separated values by RFC 4180: registers of units, tables to import. Takes UTF-8, with or
// without byte order mark, LF or CRLF; line ends, delimiters and doubled quotes within quoted
// fields. Other encodings and finding the delimiter are connectors/table's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/result.h"

namespace lianqing {

inline constexpr std::size_t kMaxCsvFieldBytes = 64 * 1024;
inline constexpr std::size_t kMaxCsvRowBytes = 1024 * 1024;
inline constexpr std::size_t kMaxCsvColumns = 512;

// Why a row cannot be read.
struct CsvFault {
  std::uint64_t line = 0;    // from 1; where it was noticed
  std::uint64_t column = 0;  // of the table, from 1
  Bilingual what;
};

struct CsvRow {
  std::uint64_t row = 0;   // from 1, the header included; as a spreadsheet counts
  std::uint64_t line = 0;  // from 1; ahead of `row` once a quoted field held a line end
  std::vector<std::string> fields;
  std::optional<CsvFault> fault;  // it breaks the format or a limit: `fields` are those before that
};

// Row by row. After a row that breaks the format reading goes on at the line after the one that it
// began in, so that a stray quote costs one row and not the rest of the file.
class CsvRows {
 public:
  // `bytes` outlive this.
  explicit CsvRows(std::string_view bytes, char delimiter = ',');

  // The next row that is not an empty line; false at the end. Rows may differ in length, which is
  // the caller's to judge.
  bool next(CsvRow& row);

 private:
  bool breaks(Bilingual what);
  void note(Bilingual what);
  bool at_end() const { return at_ == bytes_.size(); }
  char here() const { return bytes_[at_]; }
  bool skip_line_end();
  bool read_row();
  bool read_plain(std::string& field);
  bool read_quoted(std::string& field);
  void check(std::string_view field);

  std::string_view bytes_;
  char delimiter_;
  char ends_[5];  // what ends a plain field
  std::size_t at_ = 0;
  std::size_t row_start_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t number_ = 0;
  CsvRow row_;
};

// All rows of a comma separated text. One bad row and there is no table: refused, the text names
// row and column.
[[nodiscard]] Result<std::vector<CsvRow>> read_csv(std::string_view bytes);

}  // namespace lianqing
