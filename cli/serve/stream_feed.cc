#include "cli/serve/stream_feed.h"

#include <algorithm>

namespace lianqing {

void StreamFeed::add(const std::vector<Positioned>& warnings) {
  const std::lock_guard hold(lock_);
  for (const Positioned& warning : warnings) {
    kept_.push_back(warning);
    head_ = warning.first;
  }
  while (kept_.size() > kKept) kept_.pop_front();
}

void StreamFeed::restart(std::uint64_t first, std::uint64_t head) {
  const std::lock_guard hold(lock_);
  kept_.clear();
  first_ = first;
  head_ = head;
}

std::uint64_t StreamFeed::head() const {
  const std::lock_guard hold(lock_);
  return head_;
}

std::uint64_t StreamFeed::first() const {
  const std::lock_guard hold(lock_);
  return first_;
}

std::optional<std::vector<Positioned>> StreamFeed::behind(std::uint64_t seen) const {
  const std::lock_guard hold(lock_);
  std::vector<Positioned> out;
  if (seen >= head_) return out;
  if (kept_.empty() || kept_.front().first > seen + 1) return std::nullopt;
  const std::size_t from = static_cast<std::size_t>(seen + 1 - kept_.front().first);
  for (std::size_t i = from; i < kept_.size() && out.size() < kPage; ++i) out.push_back(kept_[i]);
  return out;
}

}  // namespace lianqing
