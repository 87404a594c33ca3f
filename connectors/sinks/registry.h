// The kinds of sinks there are: one row each. What a row says is what the outbox and the
// configuration need to know; how a sink speaks is in its own file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/csv_writer.h"
#include "connectors/http/outbound.h"
#include "lianqing/sink.h"

namespace lianqing {

// What the configuration says to a sink, whatever its kind.
struct SinkSettings {
  std::string name;
  std::string url, url_file;         // url_file: the URL is a secret
  std::vector<std::string> secrets;  // files
  std::string path;
  std::string link;  // of a unit's page: {unit} stands for it, {id} for the notice
  std::string language = "zh";
  std::optional<TableEncoding> encoding;
  std::function<std::string(Instant)> local;  // "2026-04-02 10:00" in the pack's zone; empty: UTC
  std::optional<Duration> resend;
  http::OutboundRules outbound;
  std::vector<std::string> hosts;  // that may be named; empty: any
};

struct SinkKind {
  std::string_view name;
  std::span<const std::string_view> keys;   // of the configuration, beside those of all sinks
  std::span<const std::string_view> needs;  // of them, one must be there
  std::size_t batch = 1;                    // notices at once
  bool batch_to_hurry = false;              // only when there are too many for one each
  unsigned per_minute = 0;                  // messages; 0: any number
  Duration gap{};
  bool avoid_half_hours = false;
  bool group = false;  // unless the configuration says otherwise
  Duration settle{};
  // Fails (io, refused, usage) if the settings cannot be used.
  Result<std::unique_ptr<Sink>> (*make)(const SinkSettings& settings) = nullptr;
};

std::span<const SinkKind> sink_kinds();
const SinkKind* find_sink_kind(std::string_view name);

}  // namespace lianqing
