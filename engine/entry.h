// What the fold reads: one admitted record, reduced to the cells that the program's rules look at.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lianqing/event.h"
#include "lianqing/time.h"
#include "rules/expr.h"

namespace lianqing {

struct LogEntry {
  Seq seq = 0;
  Instant time;   // when it happened
  Instant clock;  // when the engine came to know it; never decreases along the log
  std::uint32_t unit = kNone;
  std::uint32_t type = kNone;  // index into Program::types; kNone: a type the program does not name
  std::string_view id, source, type_name;  // valid while the batch lives
  const Cell* cells = nullptr;             // one per Program::slots
  const Cell* elements = nullptr;          // pool that list cells point into
};

// An entry that outlives its batch: an event that waits for its time.
struct OwnedEntry {
  LogEntry entry;
  std::string id, source, type_name;
  std::vector<Cell> cells, elements;

  explicit OwnedEntry(const LogEntry& from, std::size_t slots, std::size_t pool)
      : entry(from),
        id(from.id),
        source(from.source),
        type_name(from.type_name),
        cells(from.cells, from.cells + slots),
        elements(from.elements, from.elements + pool) {}

  LogEntry view() const {
    LogEntry out = entry;
    out.id = id;
    out.source = source;
    out.type_name = type_name;
    out.cells = cells.data();
    out.elements = elements.data();
    return out;
  }
};

}  // namespace lianqing
