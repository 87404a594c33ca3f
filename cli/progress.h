// How far and how fast, on a terminal; silent elsewhere.
#pragma once

#include <chrono>
#include <cstdint>

#include "connectors/sources/event_files.h"

namespace lianqing {

class Progress {
 public:
  explicit Progress(bool shown) : shown_(shown), start_(std::chrono::steady_clock::now()) {}
  ~Progress() { clear(); }

  void tell(std::uint64_t records, const ReadingProgress& reading);
  void clear();
  double seconds() const;

 private:
  bool shown_;
  bool dirty_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace lianqing
