// The second log, DIR/audit: who was let in or turned away, who read what is confidential, how
// tokens and rules changed. The same durable log as that of the events, so it is exported, verified
// and backed up like it, and nothing in it can be changed or erased. docs/formats.md has its
// records.
//
// Notes wait in memory and are written, many at a time, by a thread of its own. What repeats within
// a minute is written once and then as one record with its number of times: a flood of denials
// costs no disk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/serve/logbook.h"
#include "cli/serve/tokens.h"
#include "log/event_log.h"

namespace lianqing {

struct AuditNote {
  std::string what;       // "denied", "read", "token_created", "rules_proposed", ...
  std::string who, role;  // of the token; empty: nobody's
  std::string operation;  // method and route, or the command
  std::string object;     // what it was about, if that is known to exist
  std::string result;     // of HTTP: the status
  std::string peer;       // address; empty: this machine
  std::string detail;
  friend auto operator<=>(const AuditNote&, const AuditNote&) = default;
};

struct AuditGauges {
  std::uint64_t records = 0, waiting = 0, lumped = 0;
};

class AuditTrail {
 public:
  static constexpr std::size_t kKinds = 4096;  // different notes told apart within a minute

  // `tokens`: the file whose changes are noted; `ruling`: the hash of the rules that rule, asked
  // now and then. `events`: the main log, which remembers that there is an audit log and how long
  // it was. Refused if what is there is not that one, unless `lost` says why it is lost for good:
  // then a new one begins with that. Fails as EventLog::open does otherwise.
  [[nodiscard]] static Result<std::unique_ptr<AuditTrail>> open(const std::string& data,
                                                                std::string tokens,
                                                                Logbook& logbook,
                                                                std::shared_ptr<EventLog> events,
                                                                const std::string& lost);
  ~AuditTrail();

  // From any thread; never waits. Notes that are not to be lumped together are written one by one.
  void note(AuditNote note, bool lump = true);
  // Asked about once a second, on the trail's thread, from now on.
  void watch_rules(std::function<std::string()> ruling);
  // Writes what waits and ends the thread.
  void finish();
  bool failed() const { return failed_; }  // the process must end then
  std::string trouble() const;
  AuditGauges gauges() const;
  const EventLog& log() const { return *log_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Heap {
    std::uint64_t unwritten = 0;
    Clock::time_point last_written, last_noted;
    bool was_written = false;
  };
  AuditTrail(std::unique_ptr<EventLog> log, std::string tokens, Logbook& logbook,
             std::shared_ptr<EventLog> events);
  Heap& heap_of(AuditNote note);  // under the lock
  void run(const std::stop_token& stop);
  std::vector<std::pair<AuditNote, std::uint64_t>> due(bool all);
  void write(const std::vector<std::pair<AuditNote, std::uint64_t>>& notes);
  void look_at_tokens();
  void look_at_rules();
  void remember(bool at_once);

  const std::unique_ptr<EventLog> log_;
  const std::shared_ptr<EventLog> events_;
  const std::string tokens_path_;
  Logbook& logbook_;
  mutable std::mutex lock_;
  std::condition_variable_any something_;
  std::vector<AuditNote> single_;  // written one by one
  std::map<AuditNote, Heap> heaps_;
  std::uint64_t lumped_ = 0;
  bool urgent_ = false;
  std::function<std::string()> ruling_;
  std::string trouble_;
  std::atomic<bool> failed_{false};
  // The thread's own:
  std::uint64_t number_ = 0;  // of records since the start
  Instant last_ = kBeforeAll;
  std::string known_tokens_, known_rules_, token_trouble_;
  bool full_ = false;
  std::uint64_t remembered_ = 0;  // records
  Clock::time_point remembered_at_;
  std::jthread thread_;  // last: ends before what it uses
};

std::string audit_metrics(const AuditGauges& gauges);
// Whether the audit log beside the main log is the one that was there when the daemon noted it
// last, at most a minute before it ended. Refused, with what to do, if it is missing or another.
[[nodiscard]] Status check_audit_kept(const std::string& data, const EventLog& events);
// The directory of the audit log in a data directory.
std::string audit_path(const std::string& data);

}  // namespace lianqing
