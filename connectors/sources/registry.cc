#include "connectors/sources/registry.h"

#include "connectors/sources/drop_directory.h"
#include "connectors/sources/file_tail.h"
#include "connectors/sources/postgresql.h"
#include "connectors/sources/standard_input.h"

namespace lianqing {

std::span<const SourceKind> source_kinds() {
  static const SourceKind kKinds[] = {
      {"drop", "投放目录：放进去的表格逐个导入", "a folder: tables put into it are imported",
       drop_directory_keys(), check_drop_directory, open_drop_directory},
      {"file", "跟随一个不断增长的文件，每行一个事件", "follows a growing file, one event a line",
       file_tail_keys(), check_file_tail, open_file_tail},
      {"postgresql", "反复查询 PostgreSQL 中新增的行",
       "asks PostgreSQL for new rows, again and again", postgresql_keys(), check_postgresql,
       open_postgresql},
      {"stdin", "标准输入，每行一个事件，读完为止",
       "standard input, one event a line, until it ends", standard_input_keys(),
       check_standard_input, open_standard_input},
  };
  return kKinds;
}

const SourceKind* find_source_kind(std::string_view name) {
  for (const SourceKind& kind : source_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace lianqing
