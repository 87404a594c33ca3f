#include "cli/serve/meters.h"

#include <algorithm>
#include <filesystem>

#include "cli/serve/metrics_page.h"
#include "cli/words.h"

namespace lianqing {
namespace {

void put_latency(MetricsPage& page, std::string_view name, std::string_view help,
                 const Latency& latency) {
  page.metric(name, "histogram", help);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
    sum += latency.counts[i];
    page.sample(label("le", seconds(static_cast<std::int64_t>(kLatencyBounds[i]))), sum, "_bucket");
  }
  sum += latency.counts.back();
  page.sample("le=\"+Inf\"", sum, "_bucket");
  page.sample({}, std::string_view(seconds(static_cast<std::int64_t>(latency.sum_us))), "_sum");
  page.sample({}, sum, "_count");
}

void put_rules(MetricsPage& page, const EngineGauges& engine) {
  page.metric("lianqing_rule_evaluations_total", "counter",
              "Judgements of a rule since the start, once per unit, key and instant.");
  for (const auto& [rule, cost] : engine.rules.all()) {
    page.sample(label("rule", rule), cost.judgements);
  }
  page.metric("lianqing_rule_fold_seconds_total", "counter",
              "Time of the fold since the start, shared out to the rules by their evaluations; no "
              "rule is timed by itself.");
  for (const auto& [rule, cost] : engine.rules.all()) {
    page.sample(label("rule", rule),
                std::string_view(seconds(static_cast<std::int64_t>(cost.seconds * 1e6))));
  }
  page.metric("lianqing_transitions_by_cause_total", "counter",
              "Changes of level since the start by what brought them about; timer: time alone.");
  for (const auto& [cause, count] : engine.causes) {
    page.sample(label("cause", cause_name(cause)), count);
  }
  page.single("lianqing_timers", "gauge",
              "Units at which something will change by itself; counted every few seconds.",
              engine.timers);
}

void put_ingest(MetricsPage& page, const EngineGauges& engine) {
  page.single("lianqing_log_records", "gauge", "Records in the log.", engine.records);
  page.single("lianqing_ingest_appended_total", "counter", "Records appended since the start.",
              engine.appended);
  page.single("lianqing_ingest_duplicates_total", "counter",
              "Records that were in the log already, since the start.", engine.duplicates);
  page.single("lianqing_ingest_commits_total", "counter", "Durable commits since the start.",
              engine.batches);
  page.metric("lianqing_ingest_quarantined_total", "counter",
              "Records not admitted since the start, by reason.");
  for (const auto& [code, count] : engine.quarantined) page.sample(label("reason", code), count);
  put_latency(page, "lianqing_ingest_latency_seconds",
              "From a request's arrival in the queue to its durable and judged commit.",
              engine.requests);
  put_latency(page, "lianqing_commit_seconds", "One commit: its durable write and its judgement.",
              engine.commits);
  put_latency(page, "lianqing_between_commits_seconds",
              "What the thread of log and fold does between commits, each time: questions, ticks, "
              "parts of a checkpoint, a change of rules.",
              engine.between);
  page.metric("lianqing_between_commits_longest_seconds", "gauge",
              "The longest of these times since the start.");
  page.sample({}, std::string_view(seconds(static_cast<std::int64_t>(engine.longest_between_us))));
  page.metric("lianqing_source_last_record_timestamp_seconds", "gauge",
              "When the newest record of a source was taken.");
  if (!engine.sources) return;
  for (const auto& [source, at] : engine.sources->all()) {
    page.sample(label("source", source), std::string_view(seconds(micros(at))));
  }
}

void put_fold(MetricsPage& page, const EngineGauges& engine) {
  page.single("lianqing_units", "gauge", "Units known.", engine.units);
  page.metric("lianqing_units_by_colour", "gauge", "Units by their colour.");
  for (std::size_t i = 0; i < engine.colours.size(); ++i) {
    page.sample(label("colour", name(static_cast<Level>(i))), engine.colours[i]);
  }
  page.single("lianqing_units_grey", "gauge", "Units whose data are insufficient.", engine.grey);
  page.single("lianqing_judgements_total", "counter", "Rules judged, over the whole log.",
              engine.judgements);
  page.metric("lianqing_transitions_total", "counter",
              "Changes of level since the start, those of refolded records included.");
  for (const auto& [which, count] : engine.transitions) {
    page.sample(label("rule", which.first) + "," + label("to", name(which.second)), count);
  }
  page.single("lianqing_warning_position", "gauge", "Position of the newest warning.",
              engine.position);
  page.metric("lianqing_fold_lag_seconds", "gauge",
              "By how much the instant judged last lies behind the clock.");
  const std::int64_t lag = engine.judged == kBeforeAll
                               ? 0
                               : std::max<std::int64_t>(0, (engine.now - engine.judged).count());
  page.sample({}, std::string_view(seconds(lag)));
  page.metric("lianqing_clock_skew_seconds", "gauge",
              "Wall clock minus the engine's clock; 0 while it follows the wall.");
  page.sample({}, std::string_view(seconds(engine.skew ? engine.skew->count() : 0)));
  page.metric("lianqing_calendar_missing_year_deadlines", "gauge",
              "Units and duties with deadlines in a year for which the calendar has no data.");
  for (const auto& [year, units] : engine.missing_years) {
    page.sample(label("year", std::to_string(year)), units);
  }
  page.single("lianqing_checkpoints_total", "counter", "State checkpoints since the start.",
              engine.checkpoints);
  page.single("lianqing_records_since_checkpoint", "gauge",
              "Changes that a restart would have to fold again.", engine.since_checkpoint);
}

// Of the sources that the pack watches; their number is the pack's, and bounded here.
void put_watched(MetricsPage& page, const EngineGauges& engine) {
  constexpr std::size_t kMostSources = 500;
  page.metric("lianqing_source_stale", "gauge",
              "1: silent for longer than the pack allows, or said to be down.");
  for (std::size_t i = 0; i < std::min(engine.watched.size(), kMostSources); ++i) {
    const SourceFreshness& source = engine.watched[i];
    page.sample(label("source", source.source), source.stale ? 1 : 0);
  }
}

void put_http(MetricsPage& page, const http::Traffic& traffic) {
  page.metric("lianqing_http_responses_total", "counter", "Answers by path and status.");
  for (const auto& [which, count] : traffic.answers) {
    std::string_view path;
    for (const http::Route& route : http::routes()) {
      if (route.id == which.first) path = route.path;
    }
    page.sample(label("path", path) + "," + label("status", std::to_string(which.second)), count);
  }
  page.single("lianqing_http_refused_total", "counter",
              "Messages refused before any path was looked at: malformed, too large, too slow.",
              traffic.refused);
  page.single("lianqing_http_turned_away_total", "counter", "Connections over the limit.",
              traffic.turned_away);
  page.single("lianqing_http_connections", "gauge", "Open connections.", traffic.connections);
  page.single("lianqing_stream_clients", "gauge", "Open streams.", traffic.streams);
  page.single("lianqing_streams_cut_total", "counter", "Streams cut because their reader was slow.",
              traffic.streams_cut);
}

}  // namespace

void Latency::add(std::uint64_t us) {
  std::size_t i = 0;
  while (i < kLatencyBounds.size() && us > kLatencyBounds[i]) ++i;
  ++counts[i];
  sum_us += us;
}

DiskGauges disk_gauges(const std::string& directory, std::uint64_t reserve_bytes) {
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  // Some file systems do not say.
  if (error || space.capacity == 0) return {UINT64_MAX, reserve_bytes};
  const std::uintmax_t kept = std::min<std::uintmax_t>(space.capacity / 10, 1U << 30);
  return {space.available, std::max<std::uint64_t>(reserve_bytes, kept)};
}

std::string metrics_text(const EngineGauges& engine, const QueueGauges& queue,
                         const DiskGauges& disk, const http::Traffic& traffic) {
  MetricsPage page;
  put_ingest(page, engine);
  put_fold(page, engine);
  put_rules(page, engine);
  put_watched(page, engine);
  page.single("lianqing_queue_requests", "gauge", "Requests that wait for a commit.",
              queue.requests);
  page.single("lianqing_queue_bytes", "gauge", "Their bytes.", queue.bytes);
  page.single("lianqing_queue_full_total", "counter",
              "Requests turned away because the queue was full.", queue.full);
  page.single("lianqing_disk_free_bytes", "gauge", "Free space where the log lies.",
              disk.free_bytes);
  page.single("lianqing_disk_reserve_bytes", "gauge", "Free space below which no events are taken.",
              disk.reserve_bytes);
  put_http(page, traffic);
  return page.take();
}

}  // namespace lianqing
