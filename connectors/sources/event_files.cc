// One thread for each file: lines -> Chunk of decoded records -> bounded queue. The consumer's
// thread merges by taking, from the file whose next record is first, the whole run of records that
// are before those of every other file. Chunks return to a pool when no batch points into them.
#include "connectors/sources/event_files.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "connectors/row_maker.h"
#include "connectors/row_scanner.h"
#include "connectors/segment/input_lines.h"
#include "connectors/segment/segment_rows.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kQueuedChunks = 3;             // per file, decoded and waiting
constexpr std::size_t kQueuedRows = 8;               // the same of rows, which are small
constexpr std::size_t kWokenBy = 4;                  // whoever waits for rows sleeps until so many
constexpr std::size_t kMaxChunkBytes = 1024 * 1024;  // of arena, for one file alone
constexpr std::size_t kRowsOfChunk = 1024;           // scanned: they stay in a cache
constexpr std::size_t kMinChunkBytes = 64 * 1024;
constexpr std::size_t kBudgetBytes = 32 * 1024 * 1024;  // of one chunk of each file, together

struct Chunk {
  std::vector<Record> records;  // moved out of, in part or whole, by the merge
  RowBatch rows;                // instead of records
  std::vector<Instant> clocks;
  Arena arena;
  std::vector<std::shared_ptr<const void>> held;  // of what records point into, too

  std::size_t size() const { return clocks.size(); }
};

// Chunks not in use. Shared by the threads and by every batch that is still alive.
class Pool {
 public:
  std::unique_ptr<Chunk> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Chunk>();
    auto chunk = std::move(idle_.back());
    idle_.pop_back();
    return chunk;
  }
  void give(std::unique_ptr<Chunk> chunk) {
    chunk->records.clear();
    chunk->rows.texts.clear();
    chunk->rows.rows.clear();
    chunk->rows.values.clear();
    chunk->rows.rest.clear();
    chunk->rows.whole.clear();
    chunk->clocks.clear();
    chunk->arena.reset();
    chunk->held.clear();
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(chunk));
  }

 private:
  static constexpr std::size_t kMaxIdle = 64;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Chunk>> idle_;
};

using Delivery = std::variant<std::unique_ptr<Chunk>, Error>;  // a null chunk: the end

// Between one reading thread and the consumer, who is not woken for each chunk but by `ready`, by
// the end or by an error. Card: a thread that sleeps and wakes for 1,024 rows costs them 3 %.
class ChunkQueue {
 public:
  ChunkQueue(std::size_t room, std::size_t ready) : room_(room), ready_(ready) {}

  // Waits for room; false if asked to stop instead.
  bool push(Delivery delivery, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return waiting_.size() < room_; })) return false;
    const auto* const chunk = std::get_if<std::unique_ptr<Chunk>>(&delivery);
    last_ = chunk == nullptr || *chunk == nullptr;
    waiting_.push_back(std::move(delivery));
    if (last_ || waiting_.size() >= ready_) changed_.notify_all();
    return true;
  }
  Delivery pop() {
    std::unique_lock lock(mutex_);
    if (waiting_.empty()) {
      changed_.wait(lock, [this] { return last_ || waiting_.size() >= ready_; });
    }
    Delivery out = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting_.size() + ready_ <= room_) changed_.notify_all();
    return out;
  }

 private:
  const std::size_t room_, ready_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Delivery> waiting_;
  bool last_ = false;  // no more come
};

Instant clock_after(Instant before, const Record& record) {
  const auto* event = std::get_if<Event>(&record);
  return event == nullptr ? before : std::max(before, event->recorded.value_or(event->time));
}

// One file: its thread, and on the consumer's side the chunk being merged.
class Reading {
 public:
  Reading(InputLines file, std::shared_ptr<Pool> pool, std::size_t chunk_bytes,
          const std::optional<RowQuery>& rows)
      : file_(std::move(file)),
        pool_(std::move(pool)),
        chunk_bytes_(chunk_bytes),
        queue_(rows ? kQueuedRows : kQueuedChunks, rows ? kWokenBy : 1) {
    auto* const segment = file_.lean_segment();
    // What would have to be read again where two records are alike is left out where it can be.
    const bool again = segment != nullptr || file_.can_be_reread();
    if (rows) maker_.emplace(*rows, !again);
    if (rows && lines_ != nullptr) scanner_.emplace(*maker_);
    if (rows && segment != nullptr) columns_.emplace(*segment, *maker_, file_.file_index());
  }

  void start(std::stop_source stop) {
    thread_ = std::jthread([this, token = stop.get_token()] { read_all(token); });
  }

  // ---- consumer's side

  // Makes sure that there is a next record or that the file is at its end or broken.
  void advance() {
    while (!ended_ && !error_ && (chunk_ == nullptr || at_ == chunk_->size())) {
      Delivery delivery = queue_.pop();
      if (auto* error = std::get_if<Error>(&delivery)) {
        error_ = std::move(*error);
        return;
      }
      auto& fresh = std::get<std::unique_ptr<Chunk>>(delivery);
      ended_ = fresh == nullptr;
      chunk_.reset();
      if (ended_) return;
      chunk_ = std::shared_ptr<Chunk>(fresh.release(), [pool = pool_](Chunk* used) {
        pool->give(std::unique_ptr<Chunk>(used));
      });
      at_ = 0;
    }
  }

  // Where this file's next record (or its error) stands; only if not ended.
  Instant clock() const { return error_ ? last_clock_ : chunk_->clocks[at_]; }
  bool ended() const { return ended_; }
  const std::optional<Error>& error() const { return error_; }
  const std::shared_ptr<Chunk>& chunk() const { return chunk_; }
  std::size_t at() const { return at_; }
  std::uint32_t index() const { return file_.file_index(); }
  void passed(std::size_t to) {
    last_clock_ = chunk_->clocks[to - 1];
    at_ = to;
  }

  // ---- both

  const std::atomic<std::uint64_t>& bytes_read() const { return bytes_read_; }
  const std::atomic<std::uint64_t>& blank_lines() const { return blank_lines_; }
  std::optional<std::uint64_t> bytes_total() const { return bytes_total_; }

 private:
  void read_all(const std::stop_token& stop) {
    EventDecoder decoder;
    Instant clock = kBeforeAll;
    for (bool more = true; more && !stop.stop_requested();) {
      auto chunk = pool_->take();
      const Result<bool> filled = fill(*chunk, decoder, clock, stop);
      bytes_read_.store(file_.bytes_read(), std::memory_order_relaxed);
      blank_lines_.store(file_.blank_lines(), std::memory_order_relaxed);
      if (chunk->size() != 0 && !queue_.push(std::move(chunk), stop)) return;
      if (!filled) {
        queue_.push(filled.error(), stop);
        return;
      }
      more = *filled;
    }
    queue_.push(std::unique_ptr<Chunk>{}, stop);
  }

  // False at the end of the file. The chunk may hold records whatever is returned.
  Result<bool> fill(Chunk& chunk, EventDecoder& decoder, Instant& clock,
                    const std::stop_token& stop) {
    if (maker_) maker_->begin(chunk.rows);
    std::size_t rejected_bytes = 0;
    const std::size_t most = scanner_ ? kRowsOfChunk : kMaxBatchRecords;
    while (chunk.size() < most && chunk.arena.used() + rejected_bytes < chunk_bytes_) {
      if (stop.stop_requested()) return false;
      if (columns_) {
        const std::size_t before = chunk.size();
        LQ_TRY(const bool more,
               columns_->next(kMaxBatchRecords - before, chunk.arena, chunk.held, chunk.rows));
        if (!more) return false;
        for (std::size_t i = before; i < chunk.rows.rows.size(); ++i) {
          rejected_bytes += pass(chunk.rows.rows[i], chunk, clock);
        }
      } else if (scanner_) {
        if (scan(chunk, clock)) continue;
        LQ_TRY(const std::optional<RawLine> line, file_.next());
        if (!line) return false;
        const Origin origin{file_.file_index(), line->line, line->byte};
        rejected_bytes += take(decoder.decode(line->bytes, origin, chunk.arena), chunk, clock);
      } else {
        LQ_TRY(std::optional<Record> record, file_.next_record(decoder, chunk.arena, chunk.held));
        if (!record) return false;
        rejected_bytes += take(*std::move(record), chunk, clock);
      }
    }
    return true;
  }

  // Usual lines as rows; false: the next line is for the decoder, or there is none.
  bool scan(Chunk& chunk, Instant& clock) {
    RawLines lines = lines_->ahead();
    const std::size_t before = chunk.size(), bytes = lines.bytes.size();
    if (bytes == 0) return false;
    scanner_->scan(lines, {kRowsOfChunk, chunk_bytes_}, chunk.arena, chunk.rows);
    const auto& rows = chunk.rows.rows;
    for (std::size_t i = before; i < rows.size(); ++i) pass(rows[i], chunk, clock);
    lines_->pass(bytes - lines.bytes.size(), rows.size() - before);
    return rows.size() != before;
  }

  // Bytes that are kept of it if it is refused.
  static std::size_t pass(const EventRow& row, Chunk& chunk, Instant& clock) {
    const Rejection* rejection = nullptr;
    if (row.whole != kNoText) {
      const Record& record = chunk.rows.whole[row.whole];
      rejection = std::get_if<Rejection>(&record);
      clock = clock_after(clock, record);
    } else {
      clock = std::max(clock, row.recorded == kBeforeAll ? row.time : row.recorded);
    }
    chunk.clocks.push_back(clock);
    return rejection != nullptr ? rejection->raw.size() : 0;
  }

  // Bytes that are kept of it if it is refused.
  std::size_t take(Record record, Chunk& chunk, Instant& clock) {
    const auto* rejection = std::get_if<Rejection>(&record);
    const std::size_t kept = rejection != nullptr ? rejection->raw.size() : 0;
    clock = clock_after(clock, record);
    chunk.clocks.push_back(clock);
    if (maker_) {
      maker_->add(std::move(record), chunk.rows);
    } else {
      chunk.records.push_back(std::move(record));
    }
    return kept;
  }

  InputLines file_;
  JsonLinesFile* const lines_ = file_.rereadable();  // which a scanner reads
  std::optional<RowMaker> maker_;
  std::optional<RowScanner> scanner_;   // of lines
  std::optional<SegmentRows> columns_;  // of a segment
  const std::optional<std::uint64_t> bytes_total_ = file_.bytes_total();
  const std::shared_ptr<Pool> pool_;
  const std::size_t chunk_bytes_;
  ChunkQueue queue_;
  std::atomic<std::uint64_t> bytes_read_ = 0;
  std::atomic<std::uint64_t> blank_lines_ = 0;

  std::shared_ptr<Chunk> chunk_;
  std::size_t at_ = 0;
  Instant last_clock_ = kBeforeAll;
  bool ended_ = false;
  std::optional<Error> error_;

  std::jthread thread_;  // last: it uses the rest
};

}  // namespace

class EventFiles::Merge {
 public:
  ~Merge() { stop_.request_stop(); }

  [[nodiscard]] Status open(const std::vector<std::string>& paths, const Ways& ways) {
    if (paths.size() > kMaxEventFiles) {
      return failure(ErrorCode::usage, "too many event files: " + std::to_string(paths.size()) +
                                           "; at most " + std::to_string(kMaxEventFiles));
    }
    if (std::count(paths.begin(), paths.end(), "-") > 1) {
      return failure(ErrorCode::usage, "standard input (-) is named twice among the event files");
    }
    const std::size_t chunk_bytes = std::clamp(
        kBudgetBytes / std::max<std::size_t>(paths.size(), 1), kMinChunkBytes, kMaxChunkBytes);
    for (const std::string& path : paths) {
      LQ_TRY(InputLines file, InputLines::open(path, static_cast<std::uint32_t>(readings_.size()),
                                               stop_.get_token(), ways.lean));
      readings_.push_back(
          std::make_unique<Reading>(std::move(file), pool_, chunk_bytes, ways.rows));
    }
    for (const auto& reading : readings_) reading->start(stop_);
    return {};
  }

  [[nodiscard]] Result<bool> next(RecordBatch& out) {
    out.clear();
    while (out.records.size() < kMaxBatchRecords) {
      Reading* const first = earliest();
      if (first == nullptr) break;
      if (first->error()) {
        if (out.records.empty()) return Unexpected<Error>(*first->error());
        break;
      }
      take_run(*first, out);
      if (readings_.size() == 1) break;  // A chunk as it is makes a batch.
    }
    return !out.records.empty();
  }

  [[nodiscard]] Result<std::optional<RowRun>> next_run() {
    Reading* const first = earliest();
    if (first == nullptr) return std::optional<RowRun>{};
    if (first->error()) return Unexpected<Error>(*first->error());
    const std::shared_ptr<Chunk>& chunk = first->chunk();
    RowRun out{{chunk, &chunk->rows}, first->at(), end_of_run(*first, chunk->size()), 0};
    out.source = first->index();
    first->passed(out.end);
    return out;
  }

  ReadingProgress progress() const {
    ReadingProgress out{0, 0};
    for (const auto& reading : readings_) {
      out.bytes_read += reading->bytes_read().load(std::memory_order_relaxed);
      const auto total = reading->bytes_total();
      if (!total) out.bytes_total.reset();
      if (out.bytes_total) *out.bytes_total += *total;
    }
    return out;
  }

  std::uint64_t blank_lines() const {
    std::uint64_t out = 0;
    for (const auto& reading : readings_)
      out += reading->blank_lines().load(std::memory_order_relaxed);
    return out;
  }

 private:
  // The reading whose next record comes first; null when all have ended. Linear in the files, once
  // for each run of records: for the handful of files a replay has, a heap is no faster.
  Reading* earliest() {
    Reading* first = nullptr;
    second_clock_.reset();
    for (const auto& reading : readings_) {
      reading->advance();
      if (reading->ended()) continue;
      const Instant clock = reading->clock();
      if (first == nullptr || clock < first->clock()) {
        if (first != nullptr) keep_second(first->clock(), false);
        first = reading.get();
      } else {
        keep_second(clock, true);
      }
    }
    return first;
  }

  // The first of the other files' clocks. `first_wins`: at the same clock the earliest file goes
  // on.
  void keep_second(Instant clock, bool first_wins) {
    if (!second_clock_ || clock < second_clock_->first) {
      second_clock_ = {clock, first_wins};
    } else if (clock == second_clock_->first) {
      second_clock_->second = second_clock_->second && first_wins;
    }
  }

  // Up to where, at most `end`, the file's records come before those of every other.
  std::size_t end_of_run(const Reading& from, std::size_t end) const {
    const std::vector<Instant>& clocks = from.chunk()->clocks;
    if (second_clock_) {
      const auto [limit, first_wins] = *second_clock_;
      const auto from_here = clocks.begin() + static_cast<std::ptrdiff_t>(from.at());
      const auto to_here = clocks.begin() + static_cast<std::ptrdiff_t>(end);
      const auto stop = first_wins ? std::upper_bound(from_here, to_here, limit)
                                   : std::lower_bound(from_here, to_here, limit);
      end = static_cast<std::size_t>(stop - clocks.begin());
    }
    LQ_ASSERT(end > from.at());
    return end;
  }

  void take_run(Reading& from, RecordBatch& out) {
    const std::shared_ptr<Chunk>& chunk = from.chunk();
    const std::size_t start = from.at();
    const std::size_t end =
        end_of_run(from, std::min(chunk->size(), start + kMaxBatchRecords - out.records.size()));
    if (out.memory_.empty() || out.memory_.back() != chunk) keep(chunk, out);
    if (start == 0 && end == chunk->size() && out.records.empty()) {
      std::swap(out.records, chunk->records);
    } else {
      std::move(chunk->records.begin() + static_cast<std::ptrdiff_t>(start),
                chunk->records.begin() + static_cast<std::ptrdiff_t>(end),
                std::back_inserter(out.records));
    }
    from.passed(end);
  }

  static void keep(const std::shared_ptr<Chunk>& chunk, RecordBatch& out) {
    const std::shared_ptr<const void> memory = chunk;
    const bool kept =
        std::find(out.memory_.begin(), out.memory_.end(), memory) != out.memory_.end();
    if (!kept) out.memory_.push_back(memory);
  }

  std::stop_source stop_;
  std::shared_ptr<Pool> pool_ = std::make_shared<Pool>();
  std::optional<std::pair<Instant, bool>> second_clock_;
  std::vector<std::unique_ptr<Reading>> readings_;
};

EventFiles::EventFiles(std::unique_ptr<Merge> merge) : merge_(std::move(merge)) {}
EventFiles::~EventFiles() = default;
EventFiles::EventFiles(EventFiles&&) noexcept = default;
EventFiles& EventFiles::operator=(EventFiles&&) noexcept = default;

Result<EventFiles> EventFiles::open(const std::vector<std::string>& paths) {
  return open(paths, Ways{});
}

Result<EventFiles> EventFiles::open(const std::vector<std::string>& paths, const Ways& ways) {
  auto merge = std::make_unique<Merge>();
  if (auto opened = merge->open(paths, ways); !opened) return Unexpected<Error>(opened.error());
  return EventFiles(std::move(merge));
}

Result<bool> EventFiles::next(RecordBatch& out) { return merge_->next(out); }
Result<std::optional<RowRun>> EventFiles::next_run() { return merge_->next_run(); }
ReadingProgress EventFiles::progress() const { return merge_->progress(); }
std::uint64_t EventFiles::blank_lines() const { return merge_->blank_lines(); }

}  // namespace lianqing
