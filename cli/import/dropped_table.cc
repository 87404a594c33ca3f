#include "cli/import/dropped_table.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/import/import_rows.h"
#include "cli/import/report.h"
#include "cli/pack_files.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

struct ReadMaps {
  std::vector<ImportMap> maps;
  std::vector<std::string> mistaken;  // paths
};

Result<ReadMaps> read_maps(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string path = at->path().string();
    if (path.ends_with(".map.yaml") || path.ends_with(".map.yml")) paths.push_back(path);
  }
  if (error) return failure(ErrorCode::io, "cannot read " + folder + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  ReadMaps out;
  for (const std::string& path : paths) {
    LQ_TRY(std::string bytes, read_file(path));
    auto map = read_import_map({path, std::move(bytes)});
    if (map) {
      out.maps.push_back(*std::move(map));
    } else {
      out.mistaken.push_back(path);
    }
  }
  return out;
}

// The row's place and the reason, not what stands in it: that may be nobody's to read.
RawRecord fault_of(const std::string& name, const RowNote& note) {
  RawRecord record;
  record.place = note.row == 0 ? name : name + ":" + std::to_string(note.row);
  JsonWriter json(record.bytes);
  json.begin_object().key("file").string(name);
  if (note.row != 0) json.key("row").unsigned_integer(note.row);
  if (!note.column.empty()) json.key("column").string(note.column);
  json.key("reason").begin_object().key("zh").string(note.reason.zh);
  json.key("en").string(note.reason.en).end_object().end_object();
  record.fault = RecordFault{note.verdict == RowVerdict::parked ? "unit" : "row", note.reason.en};
  return record;
}

DroppedTable table_of(const std::string& name, const Imported& imported, bool chinese) {
  DroppedTable out;
  for (const RowNote& note : imported.notes) {
    if (note.verdict != RowVerdict::skipped) out.records.push_back(fault_of(name, note));
  }
  for (const ImportedEvent& event : imported.events)
    out.records.push_back({"", event.json, name + ":" + std::to_string(event.row), {}});
  if (!imported.notes.empty()) out.report = report_csv(imported, chinese);
  out.summary = import_summary(name, imported, chinese);
  out.clean = imported.clean();
  return out;
}

// The file as a whole cannot be taken.
DroppedTable refused_file(const std::string& name, const Bilingual& reason, bool chinese) {
  Imported nothing;
  nothing.refused = 1;
  nothing.notes.push_back({0, RowVerdict::refused, "", "", reason});
  DroppedTable out = table_of(name, nothing, chinese);
  out.summary = name + (chinese ? "：" : ": ") + reason.in(chinese) + "\n";
  return out;
}

}  // namespace

Result<DroppedTable> import_dropped_table(const std::string& path, const std::string& maps,
                                          const std::string& units, bool chinese) {
  const std::string name = fs::path(path).filename().string();
  LQ_TRY(const ReadMaps read, read_maps(maps));
  std::vector<const ImportMap*> fitting;
  for (const ImportMap& map : read.maps) {
    if (is_for(map, name)) fitting.push_back(&map);
  }
  if (fitting.empty() && !read.mistaken.empty()) {
    return failure(ErrorCode::refused, "no map is for " + name + ", but " + read.mistaken.front() +
                                           " has mistakes: try it with `lianqing import`");
  }
  if (fitting.empty()) {
    return refused_file(name,
                        {"没有适用的映射（" + maps + " 里各映射的 files）",
                         "no map is for it (`files` of the maps in " + maps + ")"},
                        chinese);
  }
  if (fitting.size() > 1) {
    return refused_file(name,
                        {"两个映射都适用：" + fitting[0]->path + "、" + fitting[1]->path,
                         "two maps are for it: " + fitting[0]->path + ", " + fitting[1]->path},
                        chinese);
  }
  const auto imported = import_file(path, *fitting[0], units);
  if (imported) return table_of(name, *imported, chinese);
  const TableError& error = imported.error();
  if (error.code == ErrorCode::io) return failure(ErrorCode::io, error.what.en);
  return refused_file(name, error.what, chinese);
}

}  // namespace lianqing
