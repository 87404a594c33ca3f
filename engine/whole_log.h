// A log gathered whole, for folding unit after unit: each unit's records together and in order of
// time, and which record is the newest at any instant.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "engine/admit.h"
#include "engine/whole_rows.h"

namespace lianqing {

// By (clock, log order). Entries are large: their places are sorted, then each is moved once.
void sort_by_clock(std::vector<LogEntry>& entries);

// Rows become entries of the batch, all in log order: for a log that is folded as any other.
void rows_to_entries(const WholeRows& rows, AdmittedBatch& batch);

// One unit's entries, with what those that are rows point to. Used again for the next unit.
struct UnitEntries {
  std::vector<const LogEntry*> all;  // in (clock, log order)
  std::vector<LogEntry> made;
  std::vector<Cell> cells;
  std::string ids;
};

class WholeLog {
 public:
  // `rows`, whose clocks are finished here, and `entries`, those that are no rows, stay where they
  // are. What has a later clock than `until` is no part of it. `ids`: whether each() tells them.
  WholeLog(WholeRows& rows, std::span<const LogEntry> entries, bool ids,
           std::optional<Instant> until);

  bool empty() const { return rows_.clocks().empty(); }
  // Of the first record; not of an empty log.
  Instant first() const { return rows_.clocks().first(); }
  // The newest record with clock <= t; 0 before the first.
  Seq seq_at(Instant t) const;
  // The same for one t after the other, rising; `at` is 0 first.
  Seq seq_at(Instant t, std::size_t& at) const;
  // As LogClocks has it.
  Instant cut(Instant from, std::size_t records, Instant end) const {
    return rows_.clocks().cut(from, records, end);
  }
  const void* first_of(std::uint32_t unit) const { return rows_.first(unit); }
  bool has(std::uint32_t unit) const { return rows_.has(unit); }
  // Calls `visit` with each of the unit's entries with clock <= t, in log order; valid during the
  // call. `room`: used again for the next unit. Threads may look at different units.
  template <class Visit>
  void each(std::uint32_t unit, Instant t, UnitEntries& room, Visit visit) const {
    room.cells.assign(rows_.slots(), Cell{});
    LogEntry row;
    rows_.each(unit, [&](const WholeRows::Record& record) {
      if (record.clock() > t || record.clock() > until_) return;
      if (const auto index = record.entry_index()) {
        visit(entries_[*index]);
        return;
      }
      rows_.fill(unit, record, row, room.cells.data());
      if (ids_) {
        room.ids.clear();
        rows_.write_id(record, room.ids);
        row.id = room.ids;
      }
      visit(std::as_const(row));
      WholeRows::wipe(record, room.cells.data());
    });
  }
  // The same, all at once.
  void take(std::uint32_t unit, Instant t, UnitEntries& out) const;

 private:
  const WholeRows& rows_;
  std::span<const LogEntry> entries_;
  bool ids_;
  Instant until_;
};

}  // namespace lianqing
