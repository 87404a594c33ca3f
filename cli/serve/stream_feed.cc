#include "cli/serve/stream_feed.h"

#include <algorithm>

namespace lianqing {
namespace {

std::optional<std::vector<Positioned>> page_behind(const std::deque<Positioned>& kept,
                                                   std::uint64_t seen, std::uint64_t head) {
  std::vector<Positioned> out;
  if (seen >= head) return out;
  if (kept.empty() || kept.front().first > seen + 1) return std::nullopt;
  const std::size_t from = static_cast<std::size_t>(seen + 1 - kept.front().first);
  for (std::size_t i = from; i < kept.size() && out.size() < StreamFeed::kPage; ++i) {
    out.push_back(kept[i]);
  }
  return out;
}

}  // namespace

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

std::uint64_t StreamFeed::colour_head() const {
  const std::lock_guard hold(lock_);
  return colour_head_;
}

void StreamFeed::add_colours(std::vector<std::string> changes) {
  const std::lock_guard hold(lock_);
  for (std::string& change : changes) colours_.emplace_back(++colour_head_, std::move(change));
  while (colours_.size() > kKept) colours_.pop_front();
}

std::optional<std::vector<Positioned>> StreamFeed::behind(std::uint64_t seen) const {
  const std::lock_guard hold(lock_);
  return page_behind(kept_, seen, head_);
}

std::optional<std::vector<Positioned>> StreamFeed::colours_behind(std::uint64_t seen) const {
  const std::lock_guard hold(lock_);
  return page_behind(colours_, seen, colour_head_);
}

}  // namespace lianqing
