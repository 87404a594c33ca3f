#include "cli/logged_events.h"

#include "lianqing/assert.h"

namespace lianqing {

Result<LoggedEvents> LoggedEvents::open(const std::string& directory, Seq from) {
  LQ_TRY(auto log, EventLog::open(directory, OpenMode::read_only));
  return LoggedEvents(std::move(log), from);
}

Result<bool> LoggedEvents::next(RecordBatch& out) {
  out.clear();
  LQ_TRY(const auto stored, log_->read(at_, kMaxBatchRecords));
  const auto arena = std::make_shared<Arena>();
  for (const StoredRecord& record : stored) {
    const Origin origin{0, record.seq, 0};
    if (record.is_note) {
      out.records.emplace_back(Rejection{std::string(kNoteCode), {}, origin, 0, {}});
      continue;
    }
    if (record.bytes.empty()) {
      out.records.emplace_back(Rejection{"erased", "its content was erased", origin, 0, {}});
      continue;
    }
    out.records.push_back(decoder_.decode(record.bytes, origin, *arena));
    if (auto* event = std::get_if<Event>(&out.records.back())) {
      event->recorded = record.recorded;
      event->seq = record.seq;
    }
  }
  out.hold(arena);
  at_ += stored.size();
  return !stored.empty();
}

ReadingProgress LoggedEvents::progress() const { return {at_, log_->next_seq()}; }

}  // namespace lianqing
