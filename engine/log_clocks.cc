#include "engine/log_clocks.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr std::size_t kMark = 32;

}  // namespace

void LogClocks::finish(std::optional<Instant> until) {
  std::sort(late_.begin(), late_.end());
  // From the end on, where there is room for all: what is moved is never written over before.
  std::size_t kept = clocks_.size(), to = kept + late_.size();
  clocks_.resize(to);
  numbers_.resize(to);
  for (; !late_.empty(); late_.pop_back()) {
    const auto last = late_.back();
    for (; kept > 0 && std::pair(clocks_[kept - 1], numbers_[kept - 1]) > last; --kept) {
      clocks_[--to] = clocks_[kept - 1];
      numbers_[to] = numbers_[kept - 1];
    }
    clocks_[--to] = last.first;
    numbers_[to] = last.second;
  }
  late_ = {};
  for (std::size_t i = 0; i < clocks_.size(); i += kMark) marks_.push_back(clocks_[i]);
  if (!until) return;
  const std::size_t size = up_to(*until);
  clocks_.resize(size);
  numbers_.resize(size);
  marks_.resize((size + kMark - 1) / kMark);
}

std::size_t LogClocks::up_to(Instant t) const {
  const auto mark =
      static_cast<std::size_t>(std::upper_bound(marks_.begin(), marks_.end(), t) - marks_.begin());
  if (mark == 0) return 0;
  std::size_t low = (mark - 1) * kMark, high = std::min(low + kMark, clocks_.size());
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (clocks_[middle] <= t) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<std::uint32_t> LogClocks::newest_at(Instant t) const {
  const std::size_t behind = up_to(t);
  if (behind == 0) return std::nullopt;
  return numbers_[behind - 1];
}

Instant LogClocks::cut(Instant from, std::size_t records, Instant end) const {
  const std::size_t next = up_to(from);
  return records < clocks_.size() - next ? std::min(clocks_[next + records], end) : end;
}

}  // namespace lianqing
