// What POST /v1/whatif is asked: {"params": {"surge_yellow": 4}, "files": [...], "days": 30}.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "connectors/http/message.h"
#include "lianqing/diagnostic.h"

namespace lianqing::http {

inline constexpr std::uint64_t kMostWhatIfDays = 3660;

struct WhatIfBody {
  std::vector<std::pair<std::string, std::string>> params;  // name -> its value as JSON
  std::vector<SourceText> files;                            // empty: the pack that runs
  std::uint64_t days = 0;                                   // 0: only now
};

// Fails with the answer to give (400, 415).
[[nodiscard]] Outcome<WhatIfBody, Response> whatif_body(const Request& request);

}  // namespace lianqing::http
