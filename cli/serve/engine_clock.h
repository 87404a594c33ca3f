// The one place where wall time enters. The clock follows the wall as long as the two agree to a
// few minutes; when the wall jumps further, it goes on by elapsed time and says by how much they
// differ, so that no rule fires or clears because somebody set the machine's clock.
#pragma once

#include <functional>
#include <optional>

#include "lianqing/time.h"

namespace lianqing {

inline constexpr Duration kMostSkew{5 * 60 * 1'000'000LL};

class EngineClock {
 public:
  using Reading = std::function<Duration()>;  // since an epoch of its own

  // The machine's wall clock, and its time since boot (sleep included).
  EngineClock();
  EngineClock(Reading wall, Reading elapsed);

  // One thread.
  Instant now();
  // Wall minus this clock, if the wall is not followed any more.
  std::optional<Duration> skew() const { return skew_; }

 private:
  Reading wall_, elapsed_;
  Instant anchor_;           // this clock at
  Duration anchor_elapsed_;  // this reading of `elapsed_`
  std::optional<Duration> skew_;
};

}  // namespace lianqing
