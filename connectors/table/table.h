// A table that an office keeps, whatever the file: CSV in any usual encoding and with any usual
// delimiter, .xlsx, JSON lines. What the rows mean is not known here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/csv.h"
#include "connectors/table/table_error.h"

namespace lianqing {

inline constexpr std::size_t kMaxTableBytes = 1U << 30;  // of a file

enum class TableKind : std::uint8_t { csv, xlsx, json_lines };

// What the reader of a file says about it; empty: found out.
struct TableChoice {
  std::string encoding;
  char delimiter = '\0';
  std::string sheet;
};

// What was found.
struct TableFacts {
  TableKind kind = TableKind::csv;
  std::string encoding;  // of CSV
  char delimiter = ',';
  std::uint64_t damage = 0;         // bytes of CSV that are no characters, now U+FFFD
  std::string sheet;                // of .xlsx
  std::vector<std::string> sheets;  // all that can be seen
};

class Table {
 public:
  // The kind is told by the first bytes, and .json, .jsonl, .ndjson (or these with .gz) by the
  // name. io: cannot be read; refused: not a table, or over a limit.
  [[nodiscard]] static TableResult<Table> open(const std::string& path, const TableChoice& choice);
  ~Table();
  Table(Table&&) noexcept;
  Table& operator=(Table&&) noexcept;

  const TableFacts& facts() const;
  // The next row with something in it, header and all; false at the end.
  bool next(CsvRow& row);

 private:
  struct Rows;
  explicit Table(std::unique_ptr<Rows> rows);
  std::unique_ptr<Rows> rows_;
};

// The delimiter of `text`: of comma, tab, semicolon and bar the one that gives the most columns in
// the same number in most of the first rows; a comma if none divides anything.
char find_delimiter(std::string_view text);

}  // namespace lianqing
