// POST /v1/whatif: which levels would be other ones now, or would have been higher or lower over
// the last days, had a changed rule pack ruled all along. It folds the whole log anew, on a thread
// of its own, and touches nothing of the running fold.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "cli/serve/live.h"
#include "connectors/http/whatif_body.h"

namespace lianqing {

// (unit, rule, key), each as a JSON text.
using WhatIfPlace = std::tuple<std::string, std::string, std::string>;

// Where the running rules stand, as the engine's thread has it.
struct RunningLevels {
  Seq records = 0;
  Instant judged = kBeforeAll;
  std::uint64_t first = 1, position = 0;  // of the warnings
  std::size_t units = 0;
  std::map<WhatIfPlace, Level> levels;  // above green; rules on trial apart
};
RunningLevels running_levels(Live& live);

struct WhatIfRequest {
  std::shared_ptr<const Program> running, changed;
  std::vector<std::pair<std::string, std::string>> params;  // that were changed
  std::vector<RegisteredUnit> units;
  std::uint64_t days = 0;
  const std::atomic<bool>* ending = nullptr;  // gives up when it becomes true
};

// The pack that is asked about, compiled. `pack_path`: of the running pack, from which it was read.
Outcome<std::shared_ptr<const Program>, http::Response> whatif_program(
    const http::WhatIfBody& body, const Program& running, const std::string& pack_path);

http::Response what_if(const WhatIfRequest& request, const RunningLevels& base,
                       const EventLog& log);

}  // namespace lianqing
