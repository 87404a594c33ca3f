// What the fold reads: one admitted record, reduced to the cells that the program's rules look at.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decision.h"
#include "lianqing/event.h"
#include "lianqing/time.h"
#include "rules/expr.h"

namespace lianqing {

// What kind of record it is. Units are judged by events; decisions are about other records; a final
// decision cannot itself be withdrawn.
enum class RecordKind : std::uint8_t { event, decision, final_decision };

struct LogEntry {
  Seq seq = 0;
  Instant time;   // when it happened
  Instant clock;  // when the engine came to know it; never decreases along the log
  std::uint32_t unit = kNone;
  std::uint32_t type = kNone;  // index into Program::types; kNone: a type the program does not name
  RecordKind kind = RecordKind::event;
  Symbol source = kNone;
  Symbol type_name = kNone;             // kNone: Program::types has it
  Symbol complaint = kNone;             // data.complaint_id of a complaint
  std::string_view id;                  // valid while the batch lives
  const Cell* cells = nullptr;          // one per Program::slots
  const Cell* elements = nullptr;       // pool that list cells point into
  std::span<const Decision> decisions;  // what it changes about other records
};

// An entry that outlives its batch: an event that waits for its time.
struct OwnedEntry {
  LogEntry entry;
  std::string id;
  std::vector<Cell> cells, elements;
  std::vector<Decision> decisions;

  explicit OwnedEntry(const LogEntry& from, std::size_t slots, std::size_t pool)
      : entry(from),
        id(from.id),
        cells(from.cells, from.cells + slots),
        elements(from.elements, from.elements + pool),
        decisions(from.decisions.begin(), from.decisions.end()) {}

  LogEntry view() const {
    LogEntry out = entry;
    out.id = id;
    out.cells = cells.data();
    out.elements = elements.data();
    out.decisions = decisions;
    return out;
  }
};

// How many elements the list cells of an entry reach into.
inline std::size_t pool_size(const Cell* cells, std::size_t slots) {
  std::size_t pool = 0;
  for (std::size_t i = 0; i < slots; ++i) {
    if (cells[i].tag != CellTag::list) continue;
    const std::size_t end = static_cast<std::size_t>(cells[i].num) + cells[i].den;
    pool = pool < end ? end : pool;
  }
  return pool;
}

}  // namespace lianqing
