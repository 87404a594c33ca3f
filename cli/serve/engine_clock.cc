#include "cli/serve/engine_clock.h"

#include <time.h>

namespace lianqing {
namespace {

Duration reading(clockid_t which) {
  timespec at{};
  ::clock_gettime(which, &at);
  return Duration{at.tv_sec * 1'000'000 + at.tv_nsec / 1000};
}

}  // namespace

EngineClock::EngineClock()
    : EngineClock([] { return reading(CLOCK_REALTIME); }, [] { return reading(CLOCK_BOOTTIME); }) {}

EngineClock::EngineClock(Reading wall, Reading elapsed)
    : wall_(std::move(wall)),
      elapsed_(std::move(elapsed)),
      anchor_(wall_()),
      anchor_elapsed_(elapsed_()) {}

Instant EngineClock::now() {
  const Instant wall{wall_()};
  const Duration elapsed = elapsed_();
  const Instant expected = anchor_ + (elapsed - anchor_elapsed_);
  const Duration skew = wall - expected;
  if (skew > kMostSkew || skew < -kMostSkew) {
    skew_ = skew;
    return expected;
  }
  skew_.reset();
  anchor_ = wall;
  anchor_elapsed_ = elapsed;
  return wall;
}

}  // namespace lianqing
