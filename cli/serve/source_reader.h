// One source on a thread of its own: pulls records, gives them to the writer with their cursors,
// and asks for more when they are committed. Nothing is pulled while the writer's queue or the disk
// is full; a source that fails is made again, after growing waits, behind what was committed last.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "cli/serve/logbook.h"
#include "cli/serve/source_config.h"
#include "cli/serve/writer.h"

namespace lianqing {

enum class SourceState : std::uint8_t {
  starting,
  reading,  // records come
  waiting,  // nothing new
  paused,   // the queue or the disk is full
  failing,  // see `error`
  ended,    // there is nothing more to come
};
std::string_view name(SourceState state);

struct SourceStanding {
  std::string name, kind, source;
  SourceState state = SourceState::starting;
  Instant since = kBeforeAll;                                             // of the state
  std::uint64_t appended = 0, duplicates = 0, refused = 0, failures = 0;  // since the start
  std::optional<Instant> last_record;
  std::optional<Duration> silent_after;
  bool stale = false;  // silent for longer
  std::string error;   // while failing
  std::optional<Instant> retry_at;
  std::string cursor;                   // committed
  std::optional<std::uint64_t> behind;  // still to be read, in the kind's unit
};

// The fact in the log that says what was reported of a source last.
std::string source_status_key(const std::string& name);

class SourceReader {
 public:
  // `has_room`: whether the disk has; asked often, from the reader's thread.
  SourceReader(SourceSetup setup, Writer& writer, Logbook& logbook, std::function<bool()> has_room);
  ~SourceReader();  // as stop() and a wait

  void start();
  void request_stop() { thread_.request_stop(); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  SourceStanding standing() const;

 private:
  struct Pulling;  // one pull on its way
  void run(const std::stop_token& stop);
  Status read(const std::stop_token& stop);
  Status take(Pull pull, const std::stop_token& stop);
  Batch batch_of(const std::shared_ptr<Pulling>& pulling);
  Result<std::vector<Taken>> committed(Batch batch);
  bool wait_for_room(std::size_t bytes, const std::stop_token& stop);
  void failed(const Error& error, std::chrono::milliseconds wait);
  void recovered();
  void enter(SourceState state);
  void look_after_freshness(const std::stop_token& stop);
  Status report(std::string_view status, const std::stop_token& stop);

  const SourceSetup setup_;
  Writer& writer_;
  Logbook& logbook_;
  const std::function<bool()> has_room_;

  mutable std::mutex lock_;
  SourceStanding standing_;  // under lock_
  // The thread's own:
  EventDecoder decoder_;
  std::string reported_;  // status; empty: none yet
  std::optional<Instant> failing_since_;
  std::string told_;        // failure that the operator was told of
  bool caught_up_ = false;  // there was nothing new, once
  std::jthread thread_;     // last: ends before what it uses
};

}  // namespace lianqing
