// What one sink still has to tell, and how it is decided: which warnings make a notice, when it
// goes out, what happens after a failure. A state machine over journal entries: everything here
// either proposes entries or takes them in by apply(); nothing waits, sends, or reads a clock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/sinks/outbox_entry.h"

namespace lianqing {

// When a notice that is complete now may go out, and why not before ("quiet", "digest"; empty:
// now).
struct Hold {
  Instant until;
  std::string_view why;
};

struct OutboxPolicy {
  std::string sink;                               // its name
  std::set<Level> levels;                         // told; empty: all
  std::set<std::string, std::less<>> rules;       // empty: all
  std::set<std::string, std::less<>> units;       // sub-trees; empty: all
  bool falls = true;                              // told when a level falls, too
  bool group = false;                             // the warnings of a unit make one notice
  Duration settle{};                              // that it waits for more
  bool mute = false;                              // a red unit above silences those below
  Duration oldest = std::chrono::hours(7 * 24);   // warnings older than this are history
  Duration give_up = std::chrono::hours(7 * 24);  // after this the notice is dead
  Duration longest_wait = std::chrono::hours(24);
  std::size_t batch = 1;                     // notices sent at once
  bool batch_to_hurry = false;               // only when there are more than may be sent one by one
  unsigned per_minute = 0;                   // messages; 0: any number
  Duration gap{};                            // between two messages
  bool avoid_half_hours = false;             // nothing in the first minute of a full or half hour
  std::function<Hold(Instant, Level)> hold;  // may be empty
};

// What is known of a unit when a warning of it is read.
struct UnitFacts {
  std::vector<std::string> above;  // parent, its parent, and so on
  std::string red_above;           // the nearest of them that is red; empty: none
};

struct QueuedNotice {
  enum class State : std::uint8_t { open, waiting, dead } state = State::open;
  Notice notice;
  Instant opened, complete;   // complete: when it is, or will be
  Instant next = kBeforeAll;  // not before
  unsigned attempts = 0;
  bool alone = false;  // not together with others
  std::string held;    // why not at once
  std::string why;     // the newest failure
};

class Outbox {
 public:
  static constexpr std::size_t kMostQueued = 50'000;  // then the log is not read on

  explicit Outbox(OutboxPolicy policy) : policy_(std::move(policy)) {}
  void set_hold(std::function<Hold(Instant, Level)> hold) { policy_.hold = std::move(hold); }

  void apply(const OutboxEntry& entry);

  // Each proposes what is to be journaled and applied, in order. `silent`: edge_of (courier.h).
  std::vector<OutboxEntry> read(const NoticeEdge& edge, std::string_view silent,
                                const UnitFacts& unit, Instant now) const;
  std::vector<OutboxEntry> close_due(Instant now) const;
  std::vector<OutboxEntry> sent(const std::vector<std::string>& ids, const Receipt& receipt,
                                Instant now) const;
  std::vector<OutboxEntry> failed(const std::vector<std::string>& ids,
                                  const DeliveryFailure& failure, Instant now) const;
  // Dead notices go out again, and what waits is tried at once. No ids: all of them.
  std::vector<OutboxEntry> retry(const std::vector<std::string>& ids, Instant now) const;
  // The outbox as entries.
  std::vector<OutboxEntry> carried() const;

  // The notices to send now, in order; empty: none.
  std::vector<const QueuedNotice*> next_batch(Instant now) const;
  // When there will be something to do if nothing new comes; kNever.
  Instant wake(Instant now) const;

  bool started() const { return started_; }
  std::uint64_t cursor() const { return cursor_; }  // newest warning read
  // Position of the first warning of those that it reads: they are made anew under another
  // register.
  std::uint64_t generation() const { return generation_; }
  bool full() const { return queue_.size() >= kMostQueued; }
  bool disabled() const { return disabled_; }
  unsigned failures() const { return failures_; }  // in a row
  const std::string& failure() const { return failure_; }
  Instant tried_again_at() const { return down_until_; }
  std::uint64_t delivered() const { return delivered_; }  // notices, as far as the journal goes
  std::size_t count(QueuedNotice::State state) const;
  // In order of their coming.
  const std::map<std::uint64_t, QueuedNotice>& queue() const { return queue_; }

 private:
  const QueuedNotice* find(const std::string& id) const;
  QueuedNotice* find(const std::string& id);
  void erase(const std::string& id);
  void join(const OutboxEntry& entry);
  void fail(const OutboxEntry& entry);
  Instant sink_free_at(Instant now) const;
  std::size_t free_messages(Instant now) const;
  Duration wait(unsigned failures, std::string_view about) const;

  OutboxPolicy policy_;
  std::map<std::uint64_t, QueuedNotice> queue_;
  std::map<std::string, std::uint64_t, std::less<>> place_;  // id -> in queue_
  std::map<std::string, std::uint64_t, std::less<>> open_;   // unit -> in queue_
  std::uint64_t next_place_ = 1, cursor_ = 0, generation_ = 0, delivered_ = 0;
  std::size_t states_[3] = {};
  bool started_ = false, disabled_ = false, asked_ = false;
  unsigned failures_ = 0;
  std::string failure_;
  Instant down_until_ = kBeforeAll, last_try_ = kBeforeAll;
  Instant newest_complete_ = kBeforeAll;
  std::deque<Instant> tries_;  // of the last minute
};

// What is left of a group: the highest levels before and after, over the places that changed.
// False: none did.
bool sum_up(Notice& notice);

}  // namespace lianqing
