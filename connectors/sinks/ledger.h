// The ledger (台账) as a file that grows: one row for spreadsheets per warning, under a header. The
// first column is the wall time of the pack.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (io) if the file cannot be opened for writing, (refused) if it is there and is no such
// ledger in this language and encoding.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_ledger(const SinkSettings& settings);

}  // namespace lianqing
