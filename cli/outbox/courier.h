// One sink at work: reads warnings from the log, lets the outbox decide, writes its journal, gives
// the sink what is due and takes down what came of it. One step at a time, by a clock that is
// given: the thread around it is in cli/outbox/sinks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>

#include "cli/outbox/outbox.h"
#include "cli/serve/stream_feed.h"
#include "connectors/sinks/journal.h"
#include "lianqing/diagnostic.h"

namespace lianqing {

// What a courier sees of the daemon.
struct CourierWorld {
  std::function<Instant()> now;
  // Stored warnings from a position on.
  std::function<Result<std::vector<Positioned>>(std::uint64_t from, std::size_t limit)> warnings;
  // May be empty: nobody is above anybody. Nothing: cannot be told now.
  std::function<std::optional<std::map<std::string, UnitFacts>>(const std::set<std::string>&)>
      units;
  std::function<std::optional<std::vector<StandingLevel>>()> standing;  // for sinks that refresh
  std::function<void(const Bilingual&, bool alarm)> tell;
};

struct CourierStart {
  std::string directory;
  std::uint64_t first = 1;  // position of the first warning of this register
  std::uint64_t head = 0;   // of the newest one when the daemon started
  bool from_start = false;  // a new sink is told all there are
  JournalLimits journal;
};

// As others may see it.
struct CourierGauges {
  std::uint64_t cursor = 0, delivered = 0;
  std::size_t open = 0, waiting = 0, dead = 0;
  unsigned failures = 0;
  std::string failure;
  bool disabled = false;
  Instant oldest = kNever;  // of what waits: when it was complete
};

class Courier {
 public:
  // `sink` must outlive it. Fails (io, corrupt) as the journal does.
  [[nodiscard]] static Result<std::unique_ptr<Courier>> open(OutboxPolicy policy, Sink& sink,
                                                             CourierWorld world,
                                                             const CourierStart& start);

  // Does what is to be done now; gives when there will be more to do if nothing new comes. Fails if
  // the journal cannot be written: nothing was sent that it does not know of, and a later step goes
  // on.
  [[nodiscard]] Result<Instant> step(const std::stop_token& stop);

  void set_hold(std::function<Hold(Instant, Level)> hold) { outbox_.set_hold(std::move(hold)); }
  const Outbox& outbox() const { return outbox_; }
  CourierGauges gauges() const;

 private:
  Courier(OutboxPolicy policy, Sink& sink, CourierWorld world, const CourierStart& start)
      : sink_(sink),
        world_(std::move(world)),
        start_(start),
        name_(policy.sink),
        outbox_(std::move(policy)) {}

  Status note(const std::vector<OutboxEntry>& entries);
  Status begin();
  Result<bool> read_page(std::uint64_t end, bool with_units);
  Status read();
  Result<bool> send(const std::stop_token& stop);
  Status take_requests();
  void refresh(const std::stop_token& stop);
  void tell_of(const std::vector<OutboxEntry>& entries);

  Sink& sink_;
  const CourierWorld world_;
  const CourierStart start_;
  const std::string name_;
  Outbox outbox_;
  std::optional<Journal> journal_;
  bool begun_ = false, more_ = false;
  Instant refresh_at_ = kBeforeAll;
  bool refresh_failed_ = false;
};

// A file whose presence asks the courier of the journal in `directory` to try dead notices again:
// its lines are ids, or nothing for all. Fails (io).
[[nodiscard]] Status ask_for_retry(const std::string& directory,
                                   const std::vector<std::string>& ids);

// A stored warning as an edge; nothing if it is not a warning as we write it. `silent`: why no sink
// is told of it ("shadow", "backfilled"); else empty.
std::optional<NoticeEdge> edge_of(const Positioned& warning, std::string_view& silent);

}  // namespace lianqing
