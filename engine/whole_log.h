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
};

class WholeLog {
 public:
  // `rows` in log order and `entries`, those that are no rows, stay where they are; `unitless`:
  // clock and place of the records about no unit; `units`: how many there are. What has a later
  // clock than `until` is no part of it.
  WholeLog(const WholeRows& rows, std::span<const LogEntry> entries,
           std::span<const std::pair<Instant, Seq>> unitless, std::size_t units,
           std::optional<Instant> until);

  bool empty() const { return clocks_.empty(); }
  // Of the first record; not of an empty log.
  Instant first() const { return clocks_.front().first; }
  // The newest record with clock <= t; 0 before the first.
  Seq seq_at(Instant t) const;
  // Up to and including which instant a piece of about so many records behind `from` reaches; at
  // most `end`, which is where the last piece ends.
  Instant cut(Instant from, std::size_t records, Instant end) const;
  bool has(std::uint32_t unit) const { return starts_[unit] < starts_[unit + 1]; }
  // The unit's entries with clock <= t. Threads may look at different units.
  void take(std::uint32_t unit, Instant t, UnitEntries& out);

 private:
  void put_in_order(std::uint32_t unit);

  const WholeRows& rows_;
  std::span<const LogEntry> entries_;
  std::vector<std::pair<Instant, Seq>> clocks_;  // sorted
  std::vector<Instant> marks_;                   // of every kMark-th clock: searched first
  std::vector<std::size_t> starts_;              // unit -> its first place in `order_`
  std::vector<std::uint32_t> order_;             // rows, unit by unit
};

}  // namespace lianqing
