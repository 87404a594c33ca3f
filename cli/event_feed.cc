#include "cli/event_feed.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "cli/logged_events.h"
#include "cli/memory_room.h"
#include "connectors/segment/segment_lookup.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kBatchesPerFlush = 8;

Instant clock_of(const Event& event) { return event.recorded.value_or(event.time); }

class Feeder {
 public:
  Feeder(Replay& replay, const EventFeed& log, const LogProgress& progress,
         const LogCheckpoint& checkpoint)
      : replay_(replay), log_(log), progress_(progress), checkpoint_(checkpoint) {}

  Status run() {
    if (log_.data) {
      LQ_TRY(LoggedEvents events, LoggedEvents::open(log_.paths.at(0), log_.skip));
      taken_ = log_.skip;
      return feed_from(events);
    }
    const bool plain = log_.mode == ClockMode::as_occurred && !log_.sort && !log_.known_at;
    const auto query = plain ? replay_.row_query() : std::nullopt;
    LQ_TRY(EventFiles files, EventFiles::open(log_.paths, {query, true}));
    if (!query) return feed_from(files);
    if (Status s = feed_rows(files); !s) return s;
    return conclude(files);
  }

 private:
  template <class Source>
  Status feed_from(Source& files) {
    Status fed = log_.sort                             ? feed_sorted(files)
                 : log_.mode == ClockMode::as_occurred ? feed_gathered(files)
                                                       : feed_stream(files);
    return fed ? conclude(files) : fed;
  }

  template <class Source>
  Status conclude(const Source& files) {
    // The last checkpoint lies before the last instant is judged: a longer log goes on from there.
    if (log_.checkpoint_every != 0) {
      if (Status s = checkpoint_(taken_); !s) return s;
    }
    if (Status s = replay_.finish(); !s) return s;
    progress_(taken_, files.progress());
    return {};
  }

  // In log order, some batches at a time: entries point into them, so they are folded together and
  // then read over.
  template <class Source>
  Status feed_stream(Source& files) {
    std::vector<RecordBatch> batches(kBatchesPerFlush);
    for (bool more = true; more;) {
      for (std::size_t i = 0; i < batches.size() && more; ++i) {
        LQ_TRY(more, files.next(batches[i]));
        for (const Record& record : batches[i].records) {
          if (taken_++ < log_.skip) continue;
          if (past_the_end(record)) {
            --taken_;
            return replay_.flush();
          }
          if (Status s = take(record); !s) return s;
        }
      }
      if (Status s = replay_.flush(); !s) return s;
      progress_(taken_, files.progress());
      if (log_.checkpoint_every != 0 && taken_ > log_.skip &&
          taken_ - saved_ >= log_.checkpoint_every) {
        saved_ = taken_;
        if (Status s = checkpoint_(taken_); !s) return s;
      }
    }
    return {};
  }

  // The replay gathers the log and puts it in order itself.
  template <class Source>
  Status feed_gathered(Source& files) {
    RecordBatch batch;
    for (;;) {
      LQ_TRY(const bool more, files.next(batch));
      if (!more) return replay_.flush();
      taken_ += batch.records.size();
      for (const Record& record : batch.records) {
        if (Status s = take(record); !s) return s;
      }
      if (Status s = tell_held(files.progress()); !s) return s;
    }
  }

  // The same, of records reduced to what the rules read. One that needs more is decoded again.
  Status feed_rows(EventFiles& files) {
    EventDecoder decoder;
    Arena arena;
    Record whole;
    const WholeRecord again = [&](const RowPlace& row) -> const Record& {
      arena.reset();
      if (!row.raw.empty()) return whole = decoder.decode(row.raw, row.origin, arena);
      if (row.earlier) {
        const std::string& path = log_.paths[row.origin.file];
        if (auto event = packed_.event(path, row.origin.line)) return whole = *event;
      }
      return whole = decoder.decode(line_at(row.origin), row.origin, arena);
    };
    for (;;) {
      LQ_TRY(const std::optional<RowRun> run, files.next_run());
      if (!run) return replay_.flush();
      if (Status s = replay_.admit(*run, again); !s) return s;
      taken_ += run->end - run->begin;
      if (Status s = tell_held(files.progress()); !s) return s;
    }
  }

  // Empty if it is not to be had.
  std::string line_at(const Origin& origin) {
    const std::string& path = log_.paths[origin.file];
    if (const auto line = packed_.line(path, origin.line)) return std::string(line->bytes);
    std::ifstream& in = opened_[origin.file];
    if (!in.is_open()) in.open(path, std::ios::binary);
    std::string out;
    in.clear();
    in.seekg(static_cast<std::streamoff>(origin.byte));
    std::getline(in, out);
    if (out.ends_with('\r')) out.pop_back();
    return out;
  }

  // A log that must be ordered first is held in memory as a whole.
  template <class Source>
  Status feed_sorted(Source& files) {
    for (;;) {
      RecordBatch batch;
      LQ_TRY(const bool more, files.next(batch));
      if (!more) break;
      taken_ += batch.records.size();
      held_.push_back(std::move(batch));
      if (Status s = tell_held(files.progress()); !s) return s;
    }
    std::vector<const Record*> order;
    for (const RecordBatch& batch : held_) {
      for (const Record& record : batch.records) order.push_back(&record);
    }
    // Rejections have no time: they go first.
    std::stable_sort(order.begin(), order.end(), [](const Record* a, const Record* b) {
      const auto* x = std::get_if<Event>(a);
      const auto* y = std::get_if<Event>(b);
      return (x == nullptr ? kBeforeAll : clock_of(*x)) <
             (y == nullptr ? kBeforeAll : clock_of(*y));
    });
    for (const Record* record : order) {
      if (log_.mode == ClockMode::as_recorded && past_the_end(*record)) break;
      if (Status s = take(*record); !s) return s;
    }
    return replay_.flush();
  }

  // Of a log that is held in memory.
  Status tell_held(const ReadingProgress& read) {
    progress_(taken_, read);
    return room_.check(taken_, read);
  }

  bool past_the_end(const Record& record) const {
    const auto* event = std::get_if<Event>(&record);
    return event != nullptr && log_.until && log_.mode == ClockMode::as_recorded &&
           clock_of(*event) > *log_.until;
  }

  Status take(const Record& record) {
    if (const auto* event = std::get_if<Event>(&record)) {
      if (log_.known_at && clock_of(*event) > *log_.known_at) return {};
      Status admitted = replay_.admit(*event);
      if (admitted) return admitted;
      Error error = admitted.error();
      error.what = log_.paths[event->origin.file] + ":" + std::to_string(event->origin.line) +
                   ": " + error.what;
      return Unexpected<Error>(std::move(error));
    }
    const auto& rejection = std::get<Rejection>(record);
    if (rejection.code != kNoteCode) replay_.reject(rejection);
    return {};
  }

  Replay& replay_;
  const EventFeed& log_;
  const LogProgress& progress_;
  const LogCheckpoint& checkpoint_;
  SegmentLookup packed_;
  std::map<std::uint32_t, std::ifstream> opened_;  // files of which lines were read again
  WholeLogRoom room_;
  std::uint64_t taken_ = 0;
  std::uint64_t saved_ = 0;
  std::vector<RecordBatch> held_;  // of a log that is sorted: entries point into it
};

}  // namespace

Status feed(Replay& replay, const EventFeed& log, const LogProgress& progress,
            const LogCheckpoint& checkpoint) {
  return Feeder(replay, log, progress, checkpoint).run();
}

}  // namespace lianqing
