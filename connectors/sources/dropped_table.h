// What a file in a drop directory says. How it is read is handed in by the composition root: maps
// are YAML, which connectors do not know.
#pragma once

#include <string>
#include <vector>

#include "lianqing/result.h"
#include "lianqing/source.h"

namespace lianqing {

struct DroppedTable {
  std::vector<RawRecord> records;  // without cursors: what is refused first, then the events
  std::string report;              // a CSV for people; empty: nothing to say
  std::string summary;             // of a few lines, ends with LF
  bool clean = true;               // nothing in it needs a person
};

// Of the file `path`, by the one map in the folder `maps` that is for it; `units`: a table of units
// in place of the map's, or empty.
using DroppedTableReader = Result<DroppedTable> (*)(const std::string& path,
                                                    const std::string& maps,
                                                    const std::string& units, bool chinese);

// Once, at start, before a source of kind `drop` is opened.
void set_dropped_table_reader(DroppedTableReader reader);

}  // namespace lianqing
