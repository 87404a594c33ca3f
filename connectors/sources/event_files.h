// Several files of events as one stream of decoded records. Each file is read and decoded on a
// thread of its own; what comes out depends on the files only, never on which thread was faster.
//
// Order: by clock, then by the order of the files, then by line. A record's clock is its recorded
// time, else its time, made non-decreasing within its file; a rejection stands where it stood in
// its file, at the clock of the record before it. One file alone keeps exactly its own order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/decode.h"
#include "lianqing/result.h"
#include "lianqing/row_batch.h"

namespace lianqing {

inline constexpr std::size_t kMaxEventFiles = 512;
inline constexpr std::size_t kMaxBatchRecords = 4096;

// Records in order, and the memory they point into. Reuse one batch for all calls of next(): then
// nothing is allocated in the steady state. A batch may outlive its EventFiles and may be handed to
// another thread.
class RecordBatch {
 public:
  std::vector<Record> records;

  // Memory that records point into, kept until clear().
  void hold(std::shared_ptr<const void> memory) { memory_.push_back(std::move(memory)); }
  // Drops the records and gives their memory back.
  void clear() {
    records.clear();
    memory_.clear();
  }

 private:
  friend class EventFiles;
  std::vector<std::shared_ptr<const void>> memory_;
};

struct ReadingProgress {
  std::uint64_t bytes_read = 0;              // as the files lie on disk, compressed or not
  std::optional<std::uint64_t> bytes_total;  // none if a pipe is among them
};

class EventFiles {
 public:
  struct Ways {
    std::optional<RowQuery> rows;  // next_run() gives them, else next() gives records
    bool lean = false;             // events of segments come without raw and Origin::byte
                                   // (segment_lookup.h), and sooner
  };
  // Opens all of `paths` (`-`: standard input) before reading any. Origin::file is the index.
  [[nodiscard]] static Result<EventFiles> open(const std::vector<std::string>& paths,
                                               const Ways& ways);
  [[nodiscard]] static Result<EventFiles> open(const std::vector<std::string>& paths);
  ~EventFiles();  // stops the threads, also in the middle of a file
  EventFiles(EventFiles&&) noexcept;
  EventFiles& operator=(EventFiles&&) noexcept;

  // The next batch, at most kMaxBatchRecords and never empty; false at the end, with `out` empty.
  // Where a file cannot be read on (io, corrupt), what comes before that place is delivered first;
  // then this error, at every further call.
  [[nodiscard]] Result<bool> next(RecordBatch& out);

  // The same as rows; nothing at the end. RowRun::source is the index of the file.
  [[nodiscard]] Result<std::optional<RowRun>> next_run();

  ReadingProgress progress() const;   // of the reading threads, a little ahead of next()
  std::uint64_t blank_lines() const;  // skipped so far; exact after the end

 private:
  class Merge;
  explicit EventFiles(std::unique_ptr<Merge> merge);
  std::unique_ptr<Merge> merge_;
};

}  // namespace lianqing
