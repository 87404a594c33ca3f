// Whether a log that is gathered whole will fit into memory: told in words before it does not.
#pragma once

#include <cstdint>
#include <string>

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

// Told while the log is read, every now and then. Fails (refused) if all of it will not fit.
class WholeLogRoom {
 public:
  explicit WholeLogRoom(MemoryRoom start = MemoryRoom::now()) : start_(start) {}

  Status check(std::uint64_t records, const ReadingProgress& progress) {
    if (records < next_) return {};
    next_ = records + kStep;
    return fits(MemoryRoom::now(), progress);
  }
  Status fits(const MemoryRoom& room, const ReadingProgress& progress) const;

 private:
  static constexpr std::uint64_t kStep = 1U << 18;
  MemoryRoom start_;
  std::uint64_t next_ = kStep;
};

}  // namespace lianqing
