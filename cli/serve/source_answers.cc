#include "cli/serve/source_answers.h"

#include "cli/serve/metrics_page.h"

namespace lianqing {
namespace {

void put_instant(JsonWriter& json, std::string_view key, const std::optional<Instant>& at) {
  json.key(key);
  at ? json.string(format_rfc3339(*at)) : json.null();
}

void put_source(JsonWriter& json, const SourceStanding& source) {
  json.begin_object().key("name").string(source.name).key("kind").string(source.kind);
  json.key("source");
  source.source.empty() ? json.null() : json.string(source.source);
  json.key("state").string(name(source.state));
  put_instant(json, "since", source.since);
  put_instant(json, "last_record", source.last_record);
  json.key("silent_after_seconds");
  source.silent_after ? json.raw(seconds(source.silent_after->count())) : json.null();
  json.key("stale").boolean(source.stale);
  json.key("appended").unsigned_integer(source.appended);
  json.key("duplicates").unsigned_integer(source.duplicates);
  json.key("refused").unsigned_integer(source.refused);
  json.key("failures").unsigned_integer(source.failures);
  json.key("error");
  source.error.empty() ? json.null() : json.string(source.error);
  put_instant(json, "retry_at", source.retry_at);
  json.key("cursor").string(source.cursor).key("behind");
  source.behind ? json.unsigned_integer(*source.behind) : json.null();
  json.end_object();
}

}  // namespace

http::Response list_sources(std::span<const SourceStanding> sources) {
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("sources").begin_array();
  for (const SourceStanding& source : sources) put_source(json, source);
  json.end_array().end_object();
  return out;
}

std::string source_metrics(std::span<const SourceStanding> sources) {
  if (sources.empty()) return {};
  MetricsPage page;
  const auto labelled = [](const SourceStanding& source) {
    return label("connector", source.name);
  };
  page.metric("lianqing_connector_up", "gauge",
              "1: the source can be read; 0: it fails and is tried again.");
  for (const SourceStanding& source : sources) {
    page.sample(labelled(source), source.state == SourceState::failing ? 0 : 1);
  }
  page.metric("lianqing_connector_paused", "gauge",
              "1: nothing is read because the queue or the disk is full.");
  for (const SourceStanding& source : sources) {
    page.sample(labelled(source), source.state == SourceState::paused ? 1 : 0);
  }
  page.metric("lianqing_connector_stale", "gauge", "1: silent for longer than silent_after.");
  for (const SourceStanding& source : sources) page.sample(labelled(source), source.stale ? 1 : 0);
  page.metric("lianqing_connector_records_total", "counter",
              "Records read since the start, by what became of them.");
  for (const SourceStanding& source : sources) {
    const std::string of = labelled(source) + ",";
    page.sample(of + label("outcome", "appended"), source.appended);
    page.sample(of + label("outcome", "duplicate"), source.duplicates);
    page.sample(of + label("outcome", "refused"), source.refused);
  }
  page.metric("lianqing_connector_failures_total", "counter", "Failures to read since the start.");
  for (const SourceStanding& source : sources) page.sample(labelled(source), source.failures);
  page.metric("lianqing_connector_last_record_timestamp_seconds", "gauge",
              "When the newest record was taken.");
  for (const SourceStanding& source : sources) {
    if (!source.last_record) continue;
    page.sample(labelled(source), std::string_view(seconds(micros(*source.last_record))));
  }
  page.metric("lianqing_connector_behind", "gauge",
              "What is still to be read: bytes of a file, rows of a table.");
  for (const SourceStanding& source : sources) {
    if (source.behind) page.sample(labelled(source), *source.behind);
  }
  return page.take();
}

void put_source_readiness(std::span<const SourceStanding> sources, JsonWriter& json) {
  json.key("sources").unsigned_integer(sources.size());
  json.key("sources_failing").begin_array();
  for (const SourceStanding& source : sources) {
    if (source.state == SourceState::failing) json.string(source.name);
  }
  json.end_array();
}

}  // namespace lianqing
