// Stretches of time as rules state them.
#pragma once

#include <cstdint>

#include "lianqing/time.h"
#include "rules/zone.h"

namespace lianqing {

// A length of time as a rule states it.
struct Span {
  bool workdays = false;
  std::int64_t amount = 0;  // microseconds, or working days
  friend bool operator==(const Span&, const Span&) = default;
};

// Which events a window holds at clock t (docs/rules/semantics.md).
struct WindowSpan {
  enum class Kind : std::uint8_t { all, sliding, calendar } kind = Kind::all;
  Duration over{0};    // sliding
  Duration offset{0};  // sliding and all
  Period period = Period::day;
  int periods_back = 0;  // calendar
  bool to_date = false;  // calendar
  friend bool operator==(const WindowSpan&, const WindowSpan&) = default;
};

}  // namespace lianqing
