// What the daemon stored beside the log, held against the log: its state checkpoint and the
// warnings since the pack that rules began to, folded anew. Changes nothing; a daemon may go on
// meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/replay.h"

namespace lianqing {

struct RefoldReport {
  bool state = false;       // there is a checkpoint
  Seq records = 0;          // that it covers
  Instant judged;           // as far as it is judged
  std::uint64_t units = 0;  // compared
  std::uint64_t warnings = 0;
  std::vector<std::string> findings;  // at most kMaxRefoldFindings
};
inline constexpr std::size_t kMaxRefoldFindings = 100;

// Fails (refused) if state or warnings were made with another rule pack or register; (io, corrupt)
// if something cannot be read.
[[nodiscard]] Result<RefoldReport> refold_and_compare(
    const std::string& data, const std::shared_ptr<const Program>& program,
    const std::vector<RegisteredUnit>& units,
    const std::function<void(std::uint64_t done, std::uint64_t of)>& progress);

}  // namespace lianqing
