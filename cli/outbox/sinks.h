// The sinks of a running daemon: a thread each, with its courier. None waits for another, and the
// writer waits for none.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/outbox/courier.h"
#include "cli/outbox/sink_config.h"
#include "cli/serve/logbook.h"
#include "cli/serve/writer.h"

namespace lianqing {

// Where the journal of a sink lies.
std::string outbox_directory(const std::string& data, const std::string& sink);

class Sinks {
 public:
  // Fails (usage, refused, io, corrupt) if a sink cannot be made or its journal not be read.
  [[nodiscard]] static Result<std::unique_ptr<Sinks>> start(const std::string& data,
                                                            const std::vector<SinkConfig>& sinks,
                                                            Writer& writer, Logbook& logbook);
  ~Sinks();

  void wake();  // there are new warnings; from any thread
  void end();   // each ends its message first

  std::vector<std::pair<std::string, CourierGauges>> gauges() const;

 private:
  struct Line;
  Sinks();

  std::vector<std::unique_ptr<Line>> lines_;
};

// For /metrics.
std::string sink_metrics(const std::vector<std::pair<std::string, CourierGauges>>& sinks,
                         Instant now);

}  // namespace lianqing
