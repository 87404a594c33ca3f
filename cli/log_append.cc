// lianqing log append: event files into the durable log, by the same reader as `replay`.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/log_commands.h"
#include "cli/progress.h"
#include "cli/translation.h"
#include "connectors/sources/event_files.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kCommitRecords = 4096;
constexpr std::uint64_t kShown = 5;

class Appending {
 public:
  Appending(const LogCall& call, EventLog& log)
      : call_(call), log_(log), now_(call.options.has("now")), progress_(::isatty(2) == 1) {}

  Status run() {
    LQ_TRY(EventFiles files, EventFiles::open(call_.options.positionals()));
    Status done = call_.options.has("sort") ? sorted(files) : streamed(files);
    if (done) done = commit();
    progress_.clear();
    return done;
  }

  // One line that reconciles.
  void tell() const {
    std::printf(
        call_.say("读入 %llu = 追加 %llu + 已有 %llu + 冲突 %llu + 隔离 %llu；日志共 %llu 条\n",
                  "read %llu = appended %llu + there already %llu + conflicts %llu + "
                  "quarantined %llu; the log holds %llu\n"),
        number(read_), number(appended_), number(duplicate_), number(conflict_),
        number(quarantined_), number(log_.next_seq()));
  }
  bool clean() const { return conflict_ + quarantined_ == 0; }

 private:
  static unsigned long long number(std::uint64_t n) { return n; }

  Status streamed(EventFiles& files) {
    RecordBatch batch;
    for (;;) {
      LQ_TRY(const bool more, files.next(batch));
      if (!more) return {};
      for (const Record& record : batch.records) {
        if (Status s = take(record); !s) return s;
      }
      progress_.tell(read_, files.progress());
    }
  }

  Status sorted(EventFiles& files) {
    std::vector<RecordBatch> held;
    std::vector<const Record*> order;
    for (;;) {
      RecordBatch batch;
      LQ_TRY(const bool more, files.next(batch));
      if (!more) break;
      held.push_back(std::move(batch));
      progress_.tell(held.size() * kMaxBatchRecords, files.progress());
    }
    for (const RecordBatch& batch : held) {
      for (const Record& record : batch.records) order.push_back(&record);
    }
    const auto clock = [](const Record* record) {
      const auto* event = std::get_if<Event>(record);
      return event == nullptr ? kBeforeAll : event->recorded.value_or(event->time);
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Record* a, const Record* b) { return clock(a) < clock(b); });
    for (const Record* record : order) {
      if (Status s = take(*record); !s) return s;
    }
    return {};
  }

  std::string place(const Origin& origin) const {
    return call_.options.positionals()[origin.file] + ":" + std::to_string(origin.line);
  }

  Status take(const Record& record) {
    ++read_;
    if (const auto* rejection = std::get_if<Rejection>(&record)) {
      ++quarantined_;
      if (++shown_ <= kShown) {
        progress_.clear();
        std::fprintf(stderr, "%s: %s %s: %s\n", place(rejection->origin).c_str(),
                     call_.say("已隔离", "quarantined"), rejection->code.c_str(),
                     in_language(rejection->detail, call_.chinese).c_str());
      }
      rejections_.push_back(*rejection);
    } else {
      const Event& event = std::get<Event>(record);
      Instant at = event.recorded.value_or(event.time);
      // What the log has already is no news, wherever it stands.
      LQ_TRY(const auto there, log_.find(event.identity));
      const bool known = there || !fresh_.insert(event.identity).second;
      if (at < clock_ && !now_) {
        if (!event.recorded && !known) {
          return failure(ErrorCode::refused,
                         place(event.origin) + ": a record of " + format_rfc3339(at) +
                             " without recordedtime comes after one of " + format_rfc3339(clock_) +
                             ": give --sort if the file is not in order, --now if it became known "
                             "only now");
        }
        at = clock_;
      }
      if (!known) clock_ = std::max(clock_, at);
      records_.push_back({std::string(event.raw),
                          std::string(event.source),
                          std::string(event.id),
                          event.identity,
                          event.content,
                          {}});
      times_.push_back(known ? clock_ : at);
    }
    return records_.size() + rejections_.size() >= kCommitRecords ? commit() : Status{};
  }

  // Refused records first: when the others are there, nothing of this stretch is missing.
  Status commit() {
    if (Status s = log_.quarantine(rejections_, now_after(log_)); !s) return s;
    auto outcomes =
        now_ ? log_.append(records_, now_after(log_)) : log_.append_history(records_, times_);
    if (!outcomes) return Unexpected<Error>(outcomes.error());
    for (const AppendOutcome& outcome : *outcomes) {
      if (outcome.kind == AppendOutcome::appended) ++appended_;
      if (outcome.kind == AppendOutcome::duplicate) ++duplicate_;
      if (outcome.kind == AppendOutcome::conflict) ++conflict_;
    }
    records_.clear();
    times_.clear();
    fresh_.clear();
    rejections_.clear();
    return {};
  }

  const LogCall& call_;
  EventLog& log_;
  const bool now_;
  Progress progress_;
  Instant clock_ = log_.last_recorded();
  std::vector<AppendRecord> records_;
  std::vector<Instant> times_;
  std::set<ContentHash> fresh_;  // identities of records_
  std::vector<Rejection> rejections_;
  std::uint64_t read_ = 0, appended_ = 0, duplicate_ = 0, conflict_ = 0, quarantined_ = 0;
  std::uint64_t shown_ = 0;
};

}  // namespace

Result<int> log_append(const LogCall& call) {
  if (call.options.positionals().empty()) {
    return failure(ErrorCode::usage, "name the event files to append (- is standard input)");
  }
  if (call.options.has("sort") && call.options.has("now")) {
    return failure(ErrorCode::usage, "--sort and --now exclude each other");
  }
  LQ_TRY(const auto log, call.open(OpenMode::create));
  Appending appending(call, *log);
  const Status done = appending.run();
  appending.tell();
  if (!done) return Unexpected<Error>(done.error());
  return appending.clean() ? 0 : 1;
}

}  // namespace lianqing
