// The sections `sinks` and `outbound` of the daemon's configuration.
#pragma once

#include <string>
#include <vector>

#include "cli/outbox/hours.h"
#include "cli/outbox/outbox.h"
#include "connectors/sinks/registry.h"
#include "lianqing/diagnostic.h"
#include "rules/document.h"

namespace lianqing {

struct SinkConfig {
  const SinkKind* kind = nullptr;
  SinkSettings settings;
  OutboxPolicy policy;
  OutboxHours hours;
  bool from_start = false;
};

// Reports what is wrong with either section of the root; both may be absent.
std::vector<SinkConfig> read_sinks(const Node& root, Diagnostics& out);

}  // namespace lianqing
