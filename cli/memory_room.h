// Whether a log that is gathered whole will fit into memory: told in words before it does not.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "connectors/sources/event_files.h"
#include "lianqing/result.h"

namespace lianqing {

// Bytes of memory: what this process has, and what it could have more. What cannot be found out
// limits nothing.
struct MemoryRoom {
  std::uint64_t taken = 0;
  std::uint64_t free = UINT64_MAX;

  // By the machine, the control groups (version 2) that the process is in, and its own limit.
  // `root`: where proc and sys are; of tests.
  static MemoryRoom now(const std::string& root = "");
};

// Told while the log is read, every now and then. Fails (refused) if all of it will not fit: by how
// much memory grew over the newer half of what was read, as a beginning, in which most units are
// new, tells too much of the rest.
class WholeLogRoom {
 public:
  explicit WholeLogRoom(MemoryRoom start = MemoryRoom::now()) : start_(start) {}

  Status check(std::uint64_t records, const ReadingProgress& progress) {
    if (records < next_) return {};
    next_ = records + kStep;
    return fits(MemoryRoom::now(), progress);
  }
  // In the order in which the log is read.
  Status fits(const MemoryRoom& room, const ReadingProgress& progress);

 private:
  static constexpr std::uint64_t kStep = 1U << 18;
  // Grown to when all is read, `share` of which has been; at least what it has grown to.
  double estimate(double share, double grown);

  MemoryRoom start_;
  std::uint64_t next_ = kStep;
  std::vector<std::pair<double, double>> seen_{{0, 0}};  // how much of the log, and grown to what
};

}  // namespace lianqing
