#include "cli/import/open_table.h"

#include <utility>

#include "cli/translation.h"

namespace lianqing {

TableResult<Table> open_table(const std::string& path, const TableChoice& choice) {
  auto table = Table::open(path, choice);
  if (table || table.error().code != ErrorCode::io) return table;
  TableError error = std::move(table).error();
  error.what.zh = in_chinese(error.what.en);  // the operating system speaks English
  return Unexpected<TableError>(std::move(error));
}

}  // namespace lianqing
