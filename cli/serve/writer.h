// The one thread that owns log and fold. Requests wait in a bounded queue; all that wait go into
// one durable commit. Between commits it answers questions about the state, ticks the clock and
// writes checkpoints.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "cli/serve/engine_clock.h"
#include "cli/serve/live.h"
#include "cli/serve/logbook.h"
#include "cli/serve/meters.h"
#include "connectors/arena.h"
#include "connectors/http/answerer.h"

namespace lianqing {

// Records of one request, decoded, with the memory they point into.
struct Batch {
  std::vector<Record> records;
  std::shared_ptr<const void> memory;
  std::size_t bytes = 0;
  std::vector<ReadPlace> places{};  // of the records, if a connector read them
  // Called on the writer's thread with what became of each record; a failure: the log has stopped.
  std::function<void(const Result<std::vector<Taken>>&)> done;
};

struct WriterLimits {
  std::size_t queue_requests = 1024;
  std::size_t queue_bytes = 64U << 20;
  std::size_t queue_questions = 1024;
  std::size_t commit_bytes = 16U << 20;  // more than this waits for the next commit
  std::chrono::milliseconds tick{200};
  std::chrono::seconds checkpoint_age{300};
  std::chrono::seconds timers_every{5};  // they are counted over all units
};

// The rules that rule, and those that did.
struct RulesNow {
  std::shared_ptr<const Program> program;
  std::vector<Reign> reigns;
};

class Writer {
 public:
  using Question = std::function<void(Live&)>;
  using Task = std::function<Status(Live&, Instant now)>;

  // `woken`: called when there are new warnings. `stopped`: called once, if the log or the fold
  // fails; the process must end then.
  Writer(std::unique_ptr<Live> live, EngineClock clock, WriterLimits limits, Logbook& logbook,
         std::function<void()> woken, std::function<void(const Error&)> stopped);
  ~Writer();

  // False: the queue is full, and nothing was taken.
  [[nodiscard]] bool submit(Batch batch);
  // Whether the queue would take so many bytes: for those who wait and are not turned away.
  bool has_room(std::size_t bytes) const;
  [[nodiscard]] bool ask(Question question);
  // Runs between two commits, before the next one. If it fails, the log or the fold has stopped.
  // False: nothing is taken any more.
  [[nodiscard]] bool perform(Task task);

  // Takes nothing more, finishes what waits, writes a checkpoint. Fails if that failed.
  [[nodiscard]] Status finish();

  EngineGauges gauges() const;
  QueueGauges queue() const;
  std::shared_ptr<const RulesNow> rules() const;
  // When the thread last went round.
  std::chrono::steady_clock::time_point alive_at() const;
  bool failed() const { return failed_; }
  Instant now() const;  // the engine's clock when it last went round

  StreamFeed& feed() { return live_->feed(); }
  std::uint64_t tree_version() const { return live_->board().tree_version(); }
  std::shared_ptr<EventLog> log() const { return live_->shared_log(); }

 private:
  void run(const std::stop_token& stop);
  bool takes(std::size_t bytes) const;
  void round(std::deque<Batch> batches, std::deque<Question> questions, std::deque<Task> tasks);
  void commit(std::deque<Batch>& batches);
  void fail(const Error& error);
  void publish();
  void announce();
  void tell_missing_years();
  bool checkpoint_is_due() const;
  void go_on_with_checkpoint();
  void go_on_switching();
  void note_between(std::chrono::steady_clock::time_point begin);
  Status keep_sources();
  std::deque<Batch> next_batches();

  std::unique_ptr<Live> live_;
  EngineClock clock_;
  const WriterLimits limits_;
  Logbook& logbook_;
  const std::function<void()> woken_;
  const std::function<void(const Error&)> stopped_;

  mutable std::mutex lock_;
  std::condition_variable_any something_;
  std::deque<Batch> batches_;
  std::deque<std::chrono::steady_clock::time_point> arrivals_;
  std::deque<Question> questions_;
  std::deque<Task> tasks_;
  std::size_t bytes_ = 0;
  std::uint64_t full_ = 0;
  bool closed_ = false;

  // The writer's own:
  EngineGauges gauges_;
  std::chrono::steady_clock::duration checkpoint_took_{};  // the newest one, of this thread
  std::chrono::steady_clock::time_point checkpoint_at_, ticked_at_, timers_at_, sources_at_;
  SourceTimes sources_;
  http::StreamPlace announced_;
  bool skewed_ = false;
  bool may_switch_on_ = true;    // rules that follow one another: now, or at the next tick
  std::set<int> missing_years_;  // told of
  // Copies for others, under lock_:
  EngineGauges published_;
  std::shared_ptr<const RulesNow> rules_;
  std::chrono::steady_clock::time_point alive_at_;
  std::atomic<bool> failed_{false};
  std::optional<Error> error_;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace lianqing
