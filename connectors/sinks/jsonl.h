// A file that grows by one line per warning: the warning as JSON. Opened anew for each delivery, so
// that it may be rotated by renaming it.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (io) if the file cannot be opened for writing.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_jsonl(const SinkSettings& settings);

}  // namespace lianqing
