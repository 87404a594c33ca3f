#include "engine/flat_intake.h"

#include <optional>

#include "engine/entry_leaves.h"

namespace lianqing {

FlatIntake::FlatIntake(const Fold& fold, const FlatPlan& plan)
    : fold_(fold), route_(fold.route()), feeds_(fold.program().streams.size()) {
  for (std::uint32_t s = 0; s < feeds_.size(); ++s) {
    Feed& feed = feeds_[s];
    feed.column = plan.column_of[s];
    feed.stream = &fold.program().streams[s];
    feed.value = feed.stream->value;
    feed.key = feed.stream->key;
    feed.numeric = feed.stream->numeric;
    const std::uint32_t where = feed.stream->where;
    if (where != kNone) feed.test = route_.field_tests[where];
    feed.simple = feed.key == kNone && feed.stream->flag == kNone &&
                  (where == kNone || feed.test.slot != kNone);
  }
}

void FlatIntake::give_any(const Feed& feed, const LogEntry& entry, FlatColumn& column) const {
  const std::optional<Cell> value = value_in(fold_, *feed.stream, entry);
  if (!value) return;
  if (feed.key == kNone) {
    column.add({entry.time, entry.seq, *value});
  } else if (can_be_key(entry.cells[feed.key])) {
    column.add({entry.time, entry.seq, *value}, entry.cells[feed.key]);
  }
}

}  // namespace lianqing
