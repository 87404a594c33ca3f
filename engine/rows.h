// The records of one unit as they were sent, reduced to the cells of the program. Whatever the
// windows hold is derived from here: a correction withdraws what a row contributed and adds what it
// contributes now; a merged unit takes over the rows of its predecessors; stored state is rows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/entry.h"

namespace lianqing {

struct Row {
  Seq seq = 0;
  Instant time;
  std::uint32_t type = kNone;
  Symbol source = kNone, type_name = kNone, complaint = kNone;
  RecordKind kind = RecordKind::event;
  std::uint32_t id_size = 0;
  std::uint64_t at = 0;  // place in the pool: the id, then the packed cells
  std::uint32_t size = 0;
};

// Storage for an entry taken out of the rows.
struct EntryRoom {
  std::vector<Cell> cells, elements;
};

class Rows {
 public:
  void add(const LogEntry& entry, std::size_t slots);
  bool remove(Seq seq);
  void clear() {
    rows_.clear();
    pool_.clear();
    garbage_ = events_ = 0;
  }
  const Row* find(Seq seq) const;
  std::string_view id(const Row& row) const { return {pool_.data() + row.at, row.id_size}; }
  // The id of record `seq`; empty if it is not here.
  std::string_view id_of(Seq seq) const;
  // The row as an entry; its text and cells live in the rows and in `room`.
  LogEntry entry(const Row& row, std::size_t slots, EntryRoom& room) const;
  const std::vector<Row>& all() const { return rows_; }
  std::size_t events() const { return events_; }  // rows of kind event

 private:
  void compact();

  std::vector<Row> rows_;  // sorted by seq
  std::string pool_;
  std::size_t garbage_ = 0;
  std::size_t events_ = 0;
};

}  // namespace lianqing
