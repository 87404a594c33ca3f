// The ledger (台账) as a file that grows: one row for spreadsheets per warning, under a header. The
// first column is the wall time of the pack.
#pragma once

#include <memory>

#include "connectors/sinks/registry.h"

namespace lianqing {

// Fails (io) if the file cannot be opened for writing. To a file that begins otherwise (another
// language or encoding, saved by a spreadsheet) nothing is delivered until it is renamed.
[[nodiscard]] Result<std::unique_ptr<Sink>> make_ledger(const SinkSettings& settings);

}  // namespace lianqing
