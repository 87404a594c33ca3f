// Alertmanager, API v2: an alert per unit, rule, key and level; fires when the level is entered, is
// sent again while it stands, and is resolved when it is left. If the daemon falls silent, its
// alerts end by themselves after four times `resend`.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (usage, refused, io) if the URL cannot be used.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_alertmanager(const SinkSettings& settings);

}  // namespace lianqing
