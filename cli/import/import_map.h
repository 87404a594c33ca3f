// What the columns of a table mean as events: the map that staff write in YAML, checked like rules.
// docs/connectors/import.md is its reference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/import/cell_date.h"
#include "connectors/table/table.h"
#include "lianqing/diagnostic.h"
#include "lianqing/number.h"
#include "rules/zone.h"

namespace lianqing {

enum class CellKind : std::uint8_t { text, whole, decimal, flag, date, time, list };

// How a column's cells become a time.
struct TimeCell {
  std::string column;
  std::string clock;                 // column of the time of day, if it is another
  std::vector<std::string> formats;  // patterns, tried first; empty: the usual ways
  std::optional<Duration> at;        // time of day where the cell has none
};

// Written words to what they mean.
struct ValueMap {
  std::map<std::string, std::string> words;  // by key_text
  std::vector<std::string> written;          // as the map has them, for suggestions
  std::optional<std::string> otherwise;
  bool empty() const { return words.empty() && !otherwise; }
};

struct FieldMap {
  std::string name;      // in `data`
  std::string column;    // empty: a constant
  std::string constant;  // as JSON
  CellKind kind = CellKind::text;
  bool required = false;
  ValueMap values;
  Number factor = 1;
  TimeCell time;  // of dates and times
};

// What one row may tell. A row can tell several things: assigned, then closed.
struct EventMap {
  std::string type;  // or, from a column:
  std::string type_column;
  ValueMap types;
  std::string when;    // column; the event is told by rows that have something there
  std::string suffix;  // of the id, where a row tells several events
  std::optional<TimeCell> time;
  std::optional<TimeCell> recorded;
  std::vector<FieldMap> fields;
};

struct ImportMap {
  std::string path;  // as the user gave it
  std::string source;
  Zone zone;
  TableChoice choice;
  std::vector<std::string> files;  // patterns of file names that this map is for; `*` and `?`
  std::uint64_t header_row = 0;    // 0: found
  DaySystem system = DaySystem::unstated;
  std::map<std::string, std::vector<std::string>> aliases;  // column -> other headers of it
  std::vector<std::string> fill_down, sensitive, totals, notes, empty;
  std::vector<std::string> id;  // columns; none: the row's content
  std::string id_prefix;
  std::string unit_column, unit;  // one of them; `unit` is a constant
  std::string unit_names;         // file of units and their names; empty: cells hold the ids
  std::string level_column;
  std::vector<std::string> level_admit, level_refuse;
  std::vector<EventMap> events;  // at least one
};

// All mistakes with their places, or the map. Files that it names are relative to its folder and
// not read here.
[[nodiscard]] Checked<ImportMap> read_import_map(const SourceText& text);

// Whether a file of this name is for this map: by `files`, or, where it has none, by beginning with
// the map's own name without its ending.
bool is_for(const ImportMap& map, const std::string& file_name);

}  // namespace lianqing
