// The durable log of a data directory as a stream of decoded records, in log order: each at the
// recorded time and place that the log gave it. An erased record is a rejection with code "erased",
// a note of the log about itself one with code kNoteCode: no event, and no fault either.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "connectors/sources/event_files.h"
#include "log/event_log.h"

namespace lianqing {

inline constexpr std::string_view kNoteCode = "note";

class LoggedEvents {
 public:
  // The log as it is now, from record `from` on; a writer may go on meanwhile.
  [[nodiscard]] static Result<LoggedEvents> open(const std::string& directory, Seq from);

  // As EventFiles::next. Origin::line is the record's seq.
  [[nodiscard]] Result<bool> next(RecordBatch& out);
  ReadingProgress progress() const;  // in records, not bytes

 private:
  LoggedEvents(std::unique_ptr<EventLog> log, Seq from) : log_(std::move(log)), at_(from) {}
  std::unique_ptr<EventLog> log_;
  EventDecoder decoder_;
  Seq at_;
};

}  // namespace lianqing
