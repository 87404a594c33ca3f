// Which column of a table is which of the map's.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/import/import_map.h"
#include "connectors/table/table_error.h"

namespace lianqing {

// What the columns below a header are called. In a header of two rows a cell of the upper one
// stands over those of the lower one, up to the next that is filled in.
struct HeaderNames {
  std::vector<std::string> own;   // of the lowest cell that is filled in
  std::vector<std::string> full;  // with what stands above: "办结/日期"; else the same

  // What to call a column so that no other is meant.
  const std::string& distinct(std::size_t column) const;
};
HeaderNames header_names(const std::vector<CsvRow>& rows, std::size_t at, std::size_t depth);
// Whether the row below is the lower one of a header of two: it names columns only where the upper
// one has blanks behind a cell, and leaves others to the upper one. (A title above a header leaves
// none.)
bool has_second_row(const std::vector<CsvRow>& rows, std::size_t at);

class ColumnPlaces {
 public:
  // Looks for the map's columns in the rows read so far (title rows stand above a header): the row
  // that has all that it cannot do without, or the row that the map names, and the row below it if
  // that makes a header of two. `at` becomes the first one's index.
  // refused: none has; the message names what is missing and what is there.
  [[nodiscard]] static TableResult<ColumnPlaces> find(const std::vector<CsvRow>& rows,
                                                      const ImportMap& map, std::size_t& at);

  // Of a column of the map.
  std::optional<std::size_t> place(const std::string& column) const;
  const std::vector<std::string>& headers() const { return headers_; }
  std::size_t depth() const { return depth_; }  // rows of the header
  // Headers that the map says nothing about; sensitive ones are not among them.
  std::vector<std::string> unused() const;
  std::vector<std::string> missing() const { return missing_; }

 private:
  std::vector<std::string> headers_;
  std::size_t depth_ = 1;
  std::map<std::string, std::size_t> places_;
  std::set<std::size_t> sensitive_;
  std::vector<std::string> missing_;
};

}  // namespace lianqing
