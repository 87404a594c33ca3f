// What numbers have in common, exactly: quantiles, and the standard deviation to six decimals. The
// same for a window's values and for a group of peers (docs/rules/semantics.md).
#pragma once

#include <vector>

#include "lianqing/number.h"

namespace lianqing {

// Largest r with r*r <= v; 0 below.
Wide integer_root(Wide v);

// Population standard deviation in millionths, rounded half up, of n > 0 values in millionths.
Wide deviation_micros(Wide n, Wide sum, Wide sum_of_squares);

// Linear interpolation between closest ranks, position q*(n-1). `sorted` is not empty; `number_of`
// makes a Number of an element.
template <class Value, class NumberOf>
Number quantile(const std::vector<Value>& sorted, Number q, NumberOf number_of) {
  const Number position = q * Number(static_cast<std::int64_t>(sorted.size() - 1));
  const auto low = static_cast<std::size_t>(position.num() / position.den());
  const Number a = number_of(sorted[low]);
  const Number rest = position - Number(static_cast<std::int64_t>(low));
  return rest.is_zero() ? a : a + (number_of(sorted[low + 1]) - a) * rest;
}

}  // namespace lianqing
