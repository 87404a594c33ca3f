// What the daemon says about its sources: GET /v1/sources, and their part of /metrics and /readyz.
#pragma once

#include <span>
#include <string>

#include "cli/serve/source_reader.h"
#include "connectors/http/message.h"
#include "connectors/json_writer.h"

namespace lianqing {

http::Response list_sources(std::span<const SourceStanding> sources);
std::string source_metrics(std::span<const SourceStanding> sources);
// The members `sources` (how many) and `sources_failing` (names).
void put_source_readiness(std::span<const SourceStanding> sources, JsonWriter& json);

}  // namespace lianqing
