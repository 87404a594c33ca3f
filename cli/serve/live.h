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

#include "cli/activation.h"
#include "cli/kept_packs.h"
#include "cli/rule_differences.h"
#include "cli/serve/board.h"
#include "cli/serve/judge.h"
#include "cli/serve/live_position.h"
#include "cli/serve/renames.h"
#include "cli/serve/rule_costs.h"
#include "cli/serve/screen.h"
#include "cli/serve/stream_feed.h"
#include "cli/serve/succession.h"
#include "connectors/decode.h"
#include "engine/casebook/desk.h"
#include "engine/replay.h"
#include "log/event_log.h"

namespace lianqing {

// A pack as it was read, and what it compiles to.
struct ReadPack {
  PackTexts texts;
  std::shared_ptr<const Program> program;
};

struct LiveOptions {
  std::string data;
  std::optional<ReadPack> first;  // rules if the log has no rules yet; later those of the log rule
  std::vector<RegisteredUnit> units;
  Screen screen;
  std::uint64_t checkpoint_every = 100'000;  // records refolded at most after a start
};

// What became of one record.
struct Taken {
  enum class Kind : std::uint8_t { appended, duplicate, refused } kind = Kind::refused;
  Seq seq = 0;               // appended, duplicate
  std::string code, detail;  // refused
  std::uint64_t column = 0;  // byte within the record, from 1; 0: the record as a whole
};

// Where a record of a connector came from, as long as the record itself.
struct ReadPlace {
  std::string_view reader;  // empty: no connector
  std::string_view cursor, place;
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
  // `places`: of each record, or none at all; a connector's cursor is committed with its records.
  [[nodiscard]] Result<std::vector<Taken>> take(std::span<Record> records,
                                                std::span<const ReadPlace> places, Instant now);
  // The clock reaches `now`: what changes by itself until then changes.
  [[nodiscard]] Status tick(Instant now);
  // Lets `successor`, which is as `prepared` says, rule from an instant at or behind `now` on, and
  // logs that; only what changed since it was prepared is looked at. Fails (refused) before
  // anything is changed, also for want of room; any other failure means that the log or the fold
  // has stopped. What it tells of every unit then follows bit by bit, by go_on_switching(), and so
  // does all that is told meanwhile. A crash before the end begins again at the record.
  struct Switched {
    Seq seq = 0;  // of the record
    Instant at;
    std::size_t transitions = 0;  // that it told
    std::size_t units = 0;        // that were looked at
    std::size_t lives = 0;        // units whose cases were stored anew
    Judge before;                 // the pack that ruled
  };
  [[nodiscard]] Status activate(Judge& successor, Prepared& prepared, const Activation& activation,
                                Instant now, std::function<void(Switched)> done);
  // A little of that. False: it can go on only later, when the disk has room or has written.
  [[nodiscard]] Result<bool> go_on_switching();
  bool is_switching() const { return succession_ != nullptr; }
  // Grows with whatever comes to be seen later than its record, while rules follow one another.
  std::uint64_t steps() const { return steps_; }
  // For the store of a successor: what the casebook remembers of the next units behind `after`, at
  // most so many. From the call without `after` on it is kept in mind what changes; that ends when
  // the successor rules, or is dropped.
  std::vector<UnitBytes> lives(std::string_view after, std::size_t most) {
    return desk_->casebook().hand_over(after, most);
  }
  void drop_successor() { desk_->casebook().forget_handed_over(); }
  // Units that a successor knows.
  void meet(std::span<const std::string> units);
  // Makes the state durable with the position it reflects.
  [[nodiscard]] Status checkpoint();
  // The same without holding anybody up: a checkpoint of now is begun, if none is under way, and
  // written down bit by bit, until it says true. What is told and taken meanwhile is not part of
  // it. It becomes durable later; a failure is told by what comes after it.
  [[nodiscard]] Status begin_checkpoint();
  [[nodiscard]] Result<bool> continue_checkpoint();
  bool checkpoint_under_way() const { return keeping_.has_value(); }
  // There would be `times` as many records to be refolded as between checkpoints.
  bool checkpoint_due(std::uint64_t times) const {
    return since_checkpoint_ >= times * options_.checkpoint_every;
  }
  bool dirty() const { return since_checkpoint_ > 0 || keeping_; }
  std::uint64_t since_checkpoint() const { return since_checkpoint_; }

  const Program& program() const { return *judge_.program; }
  std::shared_ptr<const Program> shared_program() const { return judge_.program; }
  // All packs of this register that ruled; the last one does.
  const std::vector<Reign>& reigns() const { return generation_.reigns; }
  const StartReport& report() const { return report_; }
  const EventLog& log() const { return *log_; }
  const Board& board() const { return *board_; }
  const Casebook& casebook() const { return std::as_const(*desk_).casebook(); }
  const DutyTable& duties() const { return *duties_; }
  // Shared with readers on other threads.
  StreamFeed& feed() { return *feed_; }
  std::shared_ptr<EventLog> shared_log() const { return log_; }
  Replay& replay() { return *judge_.replay; }
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
    std::vector<ReaderCursor> moved;  // committed with the last of the records
  };

  static std::vector<ReaderCursor> behind_refused(std::span<const Taken> taken,
                                                  std::span<const ReadPlace> places);
  static bool looks_back(const Event& event, const Commit& commit);
  Status append(Commit& commit, std::span<const Record> records, std::vector<Taken>& out);
  Status open();
  Status begin_generation();
  Status load_ruler();
  Result<Seq> resume();
  Status begin_anew();
  Status catch_up(Seq from, const Progress& progress);
  void listen();
  Status heard(const Leaving& leaving);
  Status announce(Instant recorded);
  Result<Seq> append_own(const std::string& text, Instant recorded, Replay* also);
  std::optional<std::string> other_pack(const Event& event);
  Status succeed(Judge& successor, Prepared& prepared, Instant at);
  bool holding() const;
  Result<bool> tell_some(std::size_t units, std::size_t warnings);
  Status release_some(std::size_t most);
  Result<bool> keep_successor();
  Status tell_all();
  void show_colours();
  Status judge_through(Instant t);
  Status settle();
  Status store_warnings();
  void new_board();
  Status fill_board();
  Status begin_to_keep(Seq records, Instant judged);
  Result<bool> keep_on(std::size_t bytes);
  Status keep_all();
  void follow_tree();
  void book(Instant t, bool inclusive);
  void book_known(Instant t, bool inclusive);

  LiveOptions options_;
  std::shared_ptr<EventLog> log_;
  Judge judge_;  // that rules
  std::unique_ptr<StreamFeed> feed_;
  std::unique_ptr<const DutyTable> duties_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Board> board_;
  std::set<std::string> moved_;  // units whose place in the tree may change
  Renames renames_;
  StartReport report_;
  std::vector<Positioned> fresh_;  // made, not yet stored
  std::size_t fed_ = 0;            // of them, given to the streams
  Generation generation_;          // of warnings
  std::uint64_t next_position_ = 1;
  std::uint64_t stored_ = 0;     // positions up to here are in the log already
  Instant judged_ = kBeforeAll;  // everything up to and including this instant is judged
  Instant started_ = kBeforeAll;
  std::uint64_t since_checkpoint_ = 0;
  Seq kept_ = 0;  // records that the newest checkpoint reflects
  struct Keeping {
    Seq records = 0;          // that the checkpoint under way reflects
    std::uint64_t since = 0;  // changes that it makes durable
    bool synced = false;      // the log's warnings before it are durable
  };
  std::optional<Keeping> keeping_;
  std::unique_ptr<Succession> succession_;  // under way
  std::function<void(Switched)> switched_;  // to be called at its end
  std::size_t held_before_ = 0;             // by it, at the end of the piece before
  std::uint64_t steps_ = 0;
  bool announced_ = false;  // the log says which pack rules
  std::map<std::pair<std::string, Level>, std::uint64_t> transitions_;
  std::map<Cause, std::uint64_t> causes_;
  RuleCosts costs_;
};

}  // namespace lianqing
