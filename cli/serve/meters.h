// What is counted for /metrics. Written by the engine's thread and the server's, read by any.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "cli/serve/rule_costs.h"
#include "cli/serve/source_times.h"
#include "connectors/http/server.h"
#include "engine/casebook/casebook.h"
#include "lianqing/level.h"
#include "lianqing/time.h"
#include "lianqing/warning.h"

namespace lianqing {

// Upper bounds of the commit latency histogram, in microseconds.
inline constexpr std::array<std::uint64_t, 12> kLatencyBounds = {
    500,    1'000,   2'500,   5'000,     10'000,    25'000,
    50'000, 100'000, 250'000, 1'000'000, 2'500'000, 10'000'000};

struct Latency {
  std::array<std::uint64_t, kLatencyBounds.size() + 1> counts{};
  std::uint64_t sum_us = 0;

  void add(std::uint64_t us);
};

// As the engine's thread last left things.
struct EngineGauges {
  std::uint64_t records = 0;  // in the log
  std::uint64_t appended = 0, duplicates = 0, batches = 0;
  std::map<std::string, std::uint64_t> quarantined;  // by code
  Latency requests;                                  // from arrival in the queue to the answer
  Latency commits;                                   // durable write and judgement, each
  Latency between;                                   // stretches between commits, each
  std::uint64_t longest_between_us = 0;
  std::shared_ptr<const SourceTimes> sources;  // of a moment ago; null: none yet
  std::uint64_t judgements = 0, units = 0, timers = 0;
  RuleCosts rules;
  std::map<Cause, std::uint64_t> causes;  // of the transitions
  std::array<std::uint64_t, kLevels> colours{};
  std::map<std::pair<std::string, Level>, std::uint64_t> transitions;  // (rule, to)
  std::uint64_t position = 0;                                          // of the newest warning
  std::uint64_t checkpoints = 0, since_checkpoint = 0;
  Instant judged = kBeforeAll, now = kBeforeAll;
  std::optional<Duration> skew;
  std::uint64_t grey = 0;                // units
  std::vector<SourceFreshness> watched;  // sources that must report
  // Years that the calendar lacks -> how many units, and deadlines of duties, need them.
  std::map<int, std::uint64_t> missing_years;
};

struct QueueGauges {
  std::size_t requests = 0, bytes = 0;
  std::uint64_t full = 0;  // requests turned away
};

struct DiskGauges {
  std::uint64_t free_bytes = 0, reserve_bytes = 0;
};

// Of the disk that `directory` lies on. The log itself keeps a tenth of it, at most 1 GiB, free.
DiskGauges disk_gauges(const std::string& directory, std::uint64_t reserve_bytes);

// Prometheus text format 0.0.4.
std::string metrics_text(const EngineGauges& engine, const QueueGauges& queue,
                         const DiskGauges& disk, const http::Traffic& traffic);

}  // namespace lianqing
