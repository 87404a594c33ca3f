// The log and the fold over it as one thing that runs: records in, durable first, then judged;
// their warnings stored with positions. All on one thread, which states the time; nothing here
// waits, listens or reads the wall clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/serve/board.h"
#include "cli/serve/live_position.h"
#include "cli/serve/rule_costs.h"
#include "cli/serve/stream_feed.h"
#include "connectors/decode.h"
#include "engine/casebook/desk.h"
#include "engine/replay.h"
#include "log/event_log.h"

namespace lianqing {

struct LiveOptions {
  std::string data;
  std::shared_ptr<const Program> program;
  std::vector<RegisteredUnit> units;
  std::uint64_t checkpoint_every = 100'000;  // records refolded at most after a start
};

// What became of one record.
struct Taken {
  enum class Kind : std::uint8_t { appended, duplicate, refused } kind = Kind::refused;
  Seq seq = 0;               // appended, duplicate
  std::string code, detail;  // refused
  std::uint64_t column = 0;  // byte within the record, from 1; 0: the record as a whole
};

struct StartReport {
  Seq records = 0;   // in the log
  Seq refolded = 0;  // of them, read again at this start
  bool from_checkpoint = false;
  std::string why_not;  // a checkpoint was there and not used: why
  std::vector<std::string> notices;
};

class Live {
 public:
  using Progress = std::function<void(Seq done, Seq of)>;

  // Opens the log and brings the fold up to it. Fails (corrupt, refused, io) as the log does.
  [[nodiscard]] static Result<std::unique_ptr<Live>> start(LiveOptions options,
                                                           const Progress& progress);

  // One durable commit. Events get one recorded time, at `now` or as soon as possible behind
  // everything judged; texts of events and rejections must outlive the call. Fails with `full` if
  // there is no room: nothing was lost, and some may be in the log. Any other failure means that
  // the log or the fold has stopped: nothing more can be taken until the log is opened again.
  [[nodiscard]] Result<std::vector<Taken>> take(std::span<Record> records, Instant now);
  // The clock reaches `now`: what changes by itself until then changes.
  [[nodiscard]] Status tick(Instant now);
  // Makes the state durable with the position it reflects.
  [[nodiscard]] Status checkpoint();
  bool checkpoint_due() const { return since_checkpoint_ >= options_.checkpoint_every; }
  bool dirty() const { return since_checkpoint_ > 0; }
  std::uint64_t since_checkpoint() const { return since_checkpoint_; }

  const Program& program() const { return *options_.program; }
  const StartReport& report() const { return report_; }
  const EventLog& log() const { return *log_; }
  const Board& board() const { return board_; }
  const Casebook& casebook() const { return std::as_const(*desk_).casebook(); }
  const DutyTable& duties() const { return *duties_; }
  // Shared with readers on other threads.
  StreamFeed& feed() { return *feed_; }
  std::shared_ptr<EventLog> shared_log() const { return log_; }
  Replay& replay() { return *replay_; }
  Instant judged() const { return judged_; }
  Instant started() const { return started_; }                   // what was judged when it started
  std::uint64_t position() const { return next_position_ - 1; }  // of the newest warning
  const std::map<std::pair<std::string, Level>, std::uint64_t>& transitions() const {
    return transitions_;
  }
  const std::map<Cause, std::uint64_t>& causes() const { return causes_; }  // of the transitions
  const RuleCosts& costs() const { return costs_; }

 private:
  explicit Live(LiveOptions options);

  // Records on their way into the log at one recorded time.
  struct Commit {
    Instant recorded;
    std::vector<AppendRecord> records;
    std::vector<std::size_t> places;  // of each in the request
    std::set<ContentHash> identities;
  };

  static bool looks_back(const Event& event, const Commit& commit);
  Status append(Commit& commit, std::span<const Record> records, std::vector<Taken>& out);
  Status open();
  Status begin_generation();
  void make_replay();
  Result<Seq> resume();
  Status catch_up(Seq from, const Progress& progress);
  Status judge_through(Instant t);
  Status settle();
  Status store_warnings();
  void fill_board();
  void book(Instant t, bool inclusive);

  LiveOptions options_;
  std::shared_ptr<EventLog> log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Replay> replay_;
  std::unique_ptr<StreamFeed> feed_;
  std::unique_ptr<const DutyTable> duties_;
  std::unique_ptr<Desk> desk_;
  Board board_;
  StartReport report_;
  std::vector<Positioned> fresh_;  // made, not yet stored
  std::size_t fed_ = 0;            // of them, given to the streams
  Generation generation_;          // of warnings
  std::uint64_t next_position_ = 1;
  std::uint64_t stored_ = 0;     // positions up to here are in the log already
  Instant judged_ = kBeforeAll;  // everything up to and including this instant is judged
  Instant started_ = kBeforeAll;
  std::uint64_t since_checkpoint_ = 0;
  std::map<std::pair<std::string, Level>, std::uint64_t> transitions_;
  std::map<Cause, std::uint64_t> causes_;
  RuleCosts costs_;
};

// Folds the records `from` to `to` - 1 of the log, as far as they were recorded at or before
// `until`, and calls `folded` with how far it has come, now and then.
struct Stretch {
  Seq from = 0, to = UINT64_MAX;
  Instant until = kNever;
};
[[nodiscard]] Status refold(const EventLog& log, Replay& replay, Stretch stretch,
                            const std::function<void(const Event&)>& met,
                            const std::function<Status(Seq next)>& folded);

}  // namespace lianqing
