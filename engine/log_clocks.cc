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
  if (marks_.empty() || t < marks_.front()) return 0;
  // Where it would be if records came evenly; from there in strides that double.
  const auto from_epoch = [](Instant at) { return static_cast<double>(micros(at)); };
  const double share = (from_epoch(t) - from_epoch(marks_.front())) /
                       (from_epoch(marks_.back()) - from_epoch(marks_.front()) + 1);
  const std::size_t last = marks_.size() - 1;
  std::size_t first = static_cast<std::size_t>(std::min(share, 1.0) * static_cast<double>(last));
  std::size_t end = first + 1, stride = 1;  // the mark is in [first, end)
  for (; marks_[first] > t; stride *= 2) {
    end = first;
    first -= std::min(stride, first);
  }
  for (; end <= last && marks_[end] <= t; stride *= 2) {
    first = end;
    end = std::min(end + stride, last + 1);
  }
  const auto from = marks_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto to = marks_.begin() + static_cast<std::ptrdiff_t>(end);
  const auto mark = static_cast<std::size_t>(std::upper_bound(from, to, t) - marks_.begin()) - 1;
  std::size_t low = mark * kMark, high = std::min(low + kMark, clocks_.size());
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

std::optional<std::uint32_t> LogClocks::newest_at(Instant t, std::size_t& at) const {
  const std::size_t near = std::min(at + kMark, clocks_.size());
  while (at < near && clocks_[at] <= t) ++at;
  if (at == near && at < clocks_.size()) at = up_to(t);
  if (at == 0) return std::nullopt;
  return numbers_[at - 1];
}

Instant LogClocks::cut(Instant from, std::size_t records, Instant end) const {
  const std::size_t next = up_to(from);
  return records < clocks_.size() - next ? std::min(clocks_[next + records], end) : end;
}

}  // namespace lianqing
