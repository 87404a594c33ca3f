// A stretch of numbers with exact ends, each open or closed or absent, and what arithmetic makes of
// such stretches. Results may be wider than the truth, never narrower. Nulls are no numbers: what
// divides by zero is left out.
#pragma once

#include <optional>
#include <string>

#include "lianqing/number.h"

namespace lianqing {

struct Interval {
  std::optional<Number> low, high;  // absent: without end
  bool low_open = false, high_open = false;
  bool none = false;  // no number at all

  static Interval all() { return {}; }
  static Interval empty() { return {{}, {}, false, false, true}; }
  static Interval point(Number n) { return {n, n, false, false, false}; }
  static Interval between(Number low, Number high) { return {low, high, false, false, false}; }
  static Interval at_least(Number n) { return {n, {}, false, false, false}; }
  static Interval at_most(Number n) { return {{}, n, false, false, false}; }

  bool is_point() const { return !none && low && high && *low == *high; }
  bool is_all() const { return !none && !low && !high; }
};

Interval meet(const Interval& a, const Interval& b);
// The smallest stretch that holds both.
Interval join(const Interval& a, const Interval& b);

Interval operator+(const Interval& a, const Interval& b);
Interval operator-(const Interval& a);
Interval operator*(const Interval& a, const Interval& b);
Interval operator/(const Interval& a, const Interval& b);
Interval least(const Interval& a, const Interval& b);     // of min(a, b)
Interval greatest(const Interval& a, const Interval& b);  // of max(a, b)
Interval magnitude(const Interval& a);
// Rounding to `decimals` moves the ends to where they round to.
Interval rounded(const Interval& a, int decimals);

// Numbers below (or not above) all that `b` can be; above likewise.
Interval below(const Interval& b, bool or_equal);
Interval above(const Interval& b, bool or_equal);

}  // namespace lianqing
