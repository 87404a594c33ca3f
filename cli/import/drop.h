// `lianqing import --drop`: files that people put into a folder become events, in files or in a
// log.
#pragma once

#include <string>

#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

struct DropRun {
  std::string drop, maps, units;
  std::string data;  // of a log; or
  std::string out;   // a folder for files of events
  Duration settle{5'000'000};
  bool once = false;  // ends when nothing is left in the folder
  bool chinese = false;
};

// Until nothing is left (`once`), or SIGINT or SIGTERM. The result is the exit code.
[[nodiscard]] Result<int> run_drop(const DropRun& run);

}  // namespace lianqing
