// From a record to the samples that it gives the columns of flat rules: by what test of one field
// a stream takes it is looked up once per program and not once per record.
#pragma once

#include <vector>

#include "engine/flat_column.h"
#include "engine/flat_plan.h"
#include "engine/fold.h"

namespace lianqing {

class FlatIntake {
 public:
  // All must outlive it.
  FlatIntake(const Fold& fold, const FlatPlan& plan);

  // `columns`: one per FlatPlan::streams.
  void take(const LogEntry& entry, std::vector<FlatColumn>& columns) const {
    each_stream(route_.of_type(entry.type), entry.cells, [&](std::uint32_t s) {
      const Feed& feed = feeds_[s];
      if (feed.column != kNone) give(feed, entry, columns[feed.column]);
    });
  }

 private:
  // What a stream gives its column.
  struct Feed {
    std::uint32_t column = kNone;
    std::uint32_t value = kNone, key = kNone;  // slots
    bool numeric = false;
    bool simple = false;  // it looks at `test` and `value`, and at nothing else
    FieldTest test;       // `slot` kNone: none
    const Stream* stream = nullptr;
  };

  // As value_in() says.
  void give(const Feed& feed, const LogEntry& entry, FlatColumn& column) const {
    if (!feed.simple) return give_any(feed, entry, column);
    if (feed.test.slot != kNone && !passes(feed.test, entry.cells[feed.test.slot])) return;
    if (feed.value == kNone) return column.add({entry.time, entry.seq, {CellTag::boolean, 1, 1}});
    const Cell& value = entry.cells[feed.value];
    const bool takes_part = feed.numeric ? value.tag == CellTag::number
                                         : value.tag != CellTag::null && value.tag != CellTag::list;
    if (takes_part) column.add({entry.time, entry.seq, value});
  }
  void give_any(const Feed& feed, const LogEntry& entry, FlatColumn& column) const;

  // FieldTest::holds, of whole numbers without multiplying.
  static bool passes(const FieldTest& test, const Cell& cell) {
    if (cell.tag != test.limit.tag) return false;
    if (cell.den != 1 || test.limit.den != 1) return test.holds(cell);
    return compares(test.op, cell.num <=> test.limit.num);
  }

  const Fold& fold_;
  const Route& route_;
  std::vector<Feed> feeds_;  // one per Program::streams
};

}  // namespace lianqing
