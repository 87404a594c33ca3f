// Which unit a name means: by a table of names, never by a guess.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "connectors/table/table_error.h"

namespace lianqing {

class UnitNames {
 public:
  // CSV (GBK too): a column `id` (编号, 单位编号), every column whose header begins with name or
  // alias, or is 名称, 单位名称, 全称, 简称, 别名; several names in a cell divided by `;` or `、`;
  // an id may have several rows. YAML: `ID: name`, `ID: [names]` or `ID: {name, aliases}`; or a
  // list of {id, name, aliases}; names may be {zh, en}. refused: malformed, or a name of two units.
  [[nodiscard]] static TableResult<UnitNames> read(const std::string& path);

  // The id; empty if nobody is called that. Blanks, width and case do not count; an id is a name.
  std::string id_of(const std::string& name) const;
  // Names near to one that nobody has, with their ids: at most three.
  std::vector<std::string> near(const std::string& name) const;
  std::size_t size() const { return ids_.size(); }

 private:
  [[nodiscard]] Outcome<void, TableError> add(const std::string& id, const std::string& name,
                                              const std::string& place);
  [[nodiscard]] Outcome<void, TableError> add_csv(const std::string& path);
  [[nodiscard]] Outcome<void, TableError> add_yaml(const std::string& path);

  std::map<std::string, std::string> ids_;    // key_text -> id
  std::map<std::string, std::string> shown_;  // key_text -> as written
};

}  // namespace lianqing
