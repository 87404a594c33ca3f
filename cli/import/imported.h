// What became of a table: events, and what is to be said about each row that gave none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "connectors/table/table.h"
#include "lianqing/diagnostic.h"
#include "lianqing/time.h"

namespace lianqing {

enum class RowVerdict : std::uint8_t {
  written,
  skipped,  // nothing to tell: a total, a note, the header again, a row that was there before
  parked,   // its unit is not known; nothing else is wrong
  refused,
};

struct RowNote {
  std::uint64_t row = 0;  // as a spreadsheet counts
  RowVerdict verdict = RowVerdict::refused;
  std::string column;  // header; empty: the row as a whole
  std::string value;   // as it stands in the cell
  Bilingual reason;
};

struct ImportedEvent {
  Instant clock;  // its recorded time, else its time
  std::uint64_t row = 0;
  std::string json;
};

struct Imported {
  TableFacts facts;
  std::uint64_t header_row = 0;
  std::size_t header_depth = 1;      // rows of the header
  std::vector<std::string> unused;   // headers that the map does not use
  std::vector<std::string> missing;  // columns of the map that may be missing, and are
  std::uint64_t read = 0, written = 0, skipped = 0, parked = 0, refused = 0;  // rows
  std::uint64_t blank = 0;            // rows with nothing in them; not among those read
  std::vector<ImportedEvent> events;  // by clock, then by row
  std::vector<RowNote> notes;         // by row; a row may have several

  bool clean() const { return parked + refused == 0; }
};

}  // namespace lianqing
