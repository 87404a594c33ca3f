#include "rules/lint/interval.h"

#include <algorithm>

namespace lianqing {
namespace {

bool has_none(Interval& made) {
  if (made.low && made.high &&
      (*made.high < *made.low || (*made.low == *made.high && (made.low_open || made.high_open)))) {
    made = Interval::empty();
  }
  return made.none;
}

bool is_positive(const Interval& a) {  // or zero
  return a.low && !(*a.low < Number(0));
}

}  // namespace

Interval meet(const Interval& a, const Interval& b) {
  if (a.none || b.none) return Interval::empty();
  Interval out = a;
  if (b.low && (!a.low || *a.low < *b.low || (*a.low == *b.low && b.low_open))) {
    out.low = b.low;
    out.low_open = b.low_open;
  }
  if (b.high && (!a.high || *b.high < *a.high || (*a.high == *b.high && b.high_open))) {
    out.high = b.high;
    out.high_open = b.high_open;
  }
  has_none(out);
  return out;
}

Interval join(const Interval& a, const Interval& b) {
  if (a.none) return b;
  if (b.none) return a;
  Interval out = a;
  if (!b.low || (a.low && *b.low < *a.low)) {
    out.low = b.low;
    out.low_open = b.low_open;
  } else if (a.low && *a.low == *b.low) {
    out.low_open = a.low_open && b.low_open;
  }
  if (!b.high || (a.high && *a.high < *b.high)) {
    out.high = b.high;
    out.high_open = b.high_open;
  } else if (a.high && *a.high == *b.high) {
    out.high_open = a.high_open && b.high_open;
  }
  return out;
}

Interval operator+(const Interval& a, const Interval& b) {
  if (a.none || b.none) return Interval::empty();
  Interval out;
  if (a.low && b.low) out.low = *a.low + *b.low;
  if (a.high && b.high) out.high = *a.high + *b.high;
  out.low_open = a.low_open || b.low_open;
  out.high_open = a.high_open || b.high_open;
  return out;
}

Interval operator-(const Interval& a) {
  Interval out{{}, {}, a.high_open, a.low_open, a.none};
  if (a.high) out.low = -*a.high;
  if (a.low) out.high = -*a.low;
  return out;
}

Interval operator*(const Interval& a, const Interval& b) {
  if (a.none || b.none) return Interval::empty();
  if (a.low && a.high && b.low && b.high) {
    const auto [low, high] =
        std::minmax({*a.low * *b.low, *a.low * *b.high, *a.high * *b.low, *a.high * *b.high});
    return Interval::between(low, high);
  }
  if (!is_positive(a) || !is_positive(b)) return Interval::all();
  Interval out = Interval::at_least(*a.low * *b.low);
  if (a.high && b.high) out.high = *a.high * *b.high;
  return out;
}

Interval operator/(const Interval& a, const Interval& b) {
  if (a.none || b.none) return Interval::empty();
  if (!is_positive(b)) {
    const Interval turned = -b;
    return is_positive(turned) ? -(a / turned) : Interval::all();
  }
  const bool from_zero = b.low->is_zero();
  if (b.high && b.high->is_zero()) return Interval::empty();
  if (!is_positive(a)) {
    if (from_zero || !a.low) return Interval::all();
    Interval out = Interval::at_least(std::min(*a.low / *b.low, Number(0)));
    if (a.high) out.high = std::max(*a.high / *b.low, Number(0));
    return out;
  }
  Interval out = Interval::at_least(b.high ? *a.low / *b.high : Number(0));
  if (a.high && !from_zero) out.high = *a.high / *b.low;
  return out;
}

Interval least(const Interval& a, const Interval& b) {
  if (a.none || b.none) return Interval::empty();
  Interval out;
  if (a.low && b.low) out.low = std::min(*a.low, *b.low);
  if (a.high && b.high) {
    out.high = std::min(*a.high, *b.high);
  } else {
    out.high = a.high ? a.high : b.high;
  }
  return out;
}

Interval greatest(const Interval& a, const Interval& b) { return -least(-a, -b); }

Interval magnitude(const Interval& a) {
  if (a.none) return a;
  if (is_positive(a)) return a;
  if (a.high && !(Number(0) < *a.high)) return -a;
  Interval out = Interval::at_least(Number(0));
  if (a.low && a.high) out.high = std::max(-*a.low, *a.high);
  return out;
}

Interval rounded(const Interval& a, int decimals) {
  Interval out{a.low, a.high, false, false, a.none};
  if (a.low) out.low = a.low->round(decimals);
  if (a.high) out.high = a.high->round(decimals);
  return out;
}

Interval below(const Interval& b, bool or_equal) {
  if (b.none) return b;
  Interval out;
  out.high = b.high;
  out.high_open = b.high && (!or_equal || b.high_open);
  return out;
}

Interval above(const Interval& b, bool or_equal) {
  if (b.none) return b;
  Interval out;
  out.low = b.low;
  out.low_open = b.low && (!or_equal || b.low_open);
  return out;
}

}  // namespace lianqing
