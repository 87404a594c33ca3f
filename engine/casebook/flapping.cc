#include "engine/casebook/flapping.h"

#include <algorithm>

namespace lianqing {
namespace {

std::int64_t steps(const Flapping& settings) {
  return std::max(settings.window, 3) - 1;  // two steps at least, so that weights can differ
}

// The change `age` steps ago (0: newest) in units of 1 / (5 * (n - 1) * n), n = steps.
std::int64_t weight(std::int64_t n, std::int64_t age) { return 4 * (n - 1) + 2 * (n - 1 - age); }

}  // namespace

void add_change(const Flapping& settings, Instant t, FlapHistory& history) {
  history.changes.push_back(t);
  const auto most = static_cast<std::size_t>(steps(settings));
  if (history.changes.size() > most) history.changes.erase(history.changes.begin());
}

Number flap_share(const Flapping& settings, const FlapHistory& history, Instant t) {
  const std::int64_t n = steps(settings);
  std::int64_t sum = 0, age = 0;
  Instant newer = t;
  for (auto at = history.changes.rbegin(); at != history.changes.rend(); ++at) {
    age += (newer - *at) / days(1);
    if (age >= n) break;
    sum += weight(n, age);
    ++age;
    newer = *at;
  }
  return Number::ratio(sum, 5 * (n - 1) * n);
}

Instant calm_at(const Flapping& settings, const FlapHistory& history, Instant t) {
  if (history.changes.empty()) return t;
  const Instant last = history.changes.back();
  // Whole days after the last change; after `steps` of them nothing is left.
  std::int64_t whole = std::max<std::int64_t>(0, (t - last) / days(1));
  while (whole < steps(settings) &&
         flap_share(settings, history, last + days(whole)) > settings.low) {
    ++whole;
  }
  return std::max(t, last + days(whole));
}

}  // namespace lianqing
