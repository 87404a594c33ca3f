// When the newest record of each source was taken: how fresh a source is. Kept over a restart as a
// fact of the log.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

inline constexpr std::string_view kSourceTimesKey = "serve/sources";

class SourceTimes {
 public:
  static constexpr std::size_t kMost = 1000;  // beyond it the source heard from longest ago goes

  void heard(std::string_view source, Instant at);
  const std::map<std::string, Instant, std::less<>>& all() const { return times_; }

  std::string encode() const;
  static Result<SourceTimes> decode(std::string_view bytes);  // fails: corrupt

 private:
  std::map<std::string, Instant, std::less<>> times_;
};

}  // namespace lianqing
