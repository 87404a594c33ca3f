// The URL of a sink: from the configuration, or from a file where it is a secret; its host must be
// one that may be named.
#pragma once

#include "connectors/http/outbound.h"
#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (usage, refused, io).
[[nodiscard]] Result<http::OutboundUrl> sink_url(const SinkSettings& settings);

}  // namespace lianqing
