#include "engine/statistics.h"

#include <cmath>

namespace lianqing {

Wide integer_root(Wide v) {
  if (v <= 0) return 0;
  Wide r = static_cast<Wide>(std::sqrt(static_cast<double>(v)));  // near; then exactly
  while (r * r > v) --r;
  while ((r + 1) * (r + 1) <= v) ++r;
  return r;
}

// root(n * sum of squares - square of sum) / n
Wide deviation_micros(Wide n, Wide sum, Wide sum_of_squares) {
  return (integer_root(4 * (n * sum_of_squares - sum * sum)) + n) / (2 * n);
}

}  // namespace lianqing
