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

class ColumnPlaces {
 public:
  // Looks for the map's columns in the rows read so far (title rows stand above a header): the row
  // that has all that it cannot do without, or the row that the map names. `at` becomes its index.
  // refused: none has; the message names what is missing and what is there.
  [[nodiscard]] static TableResult<ColumnPlaces> find(const std::vector<CsvRow>& rows,
                                                      const ImportMap& map, std::size_t& at);

  // Of a column of the map.
  std::optional<std::size_t> place(const std::string& column) const;
  const std::vector<std::string>& headers() const { return headers_; }
  // Headers that the map says nothing about; sensitive ones are not among them.
  std::vector<std::string> unused() const;
  std::vector<std::string> missing() const { return missing_; }

 private:
  std::vector<std::string> headers_;
  std::map<std::string, std::size_t> places_;
  std::set<std::size_t> sensitive_;
  std::vector<std::string> missing_;
};

}  // namespace lianqing
