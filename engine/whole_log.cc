#include "engine/whole_log.h"

#include <algorithm>
#include <iterator>

namespace lianqing {
namespace {

constexpr std::size_t kMark = 32;
constexpr std::size_t kAhead = 8;

using Clock = std::pair<Instant, Seq>;

// A log is nearly in order of time: what is late is sorted alone and merged.
void sort_nearly_sorted(std::vector<Clock>& clocks) {
  std::vector<Clock> late;
  std::size_t kept = 0;
  for (const Clock& clock : clocks) {
    if (kept == 0 || !(clock < clocks[kept - 1])) {
      clocks[kept++] = clock;
    } else {
      late.push_back(clock);
    }
  }
  std::sort(late.begin(), late.end());
  std::vector<Clock> merged;
  merged.reserve(clocks.size());
  std::merge(clocks.begin(), clocks.begin() + static_cast<std::ptrdiff_t>(kept), late.begin(),
             late.end(), std::back_inserter(merged));
  clocks = std::move(merged);
}

}  // namespace

void sort_by_clock(std::vector<LogEntry>& entries) {
  std::vector<std::pair<Instant, std::uint32_t>> order;
  order.reserve(entries.size());
  for (const LogEntry& entry : entries) {
    order.emplace_back(entry.clock, static_cast<std::uint32_t>(order.size()));
  }
  if (std::is_sorted(order.begin(), order.end())) return;
  std::sort(order.begin(), order.end());
  std::vector<LogEntry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [clock, place] : order) sorted.push_back(entries[place]);
  entries = std::move(sorted);
}

WholeLog::WholeLog(std::span<const LogEntry> entries,
                   std::span<const std::pair<Instant, Seq>> unitless, std::size_t units)
    : entries_(entries),
      clocks_(unitless.begin(), unitless.end()),
      starts_(units + 1),
      order_(entries.size()) {
  clocks_.reserve(entries.size() + unitless.size());
  for (const LogEntry& entry : entries) {
    clocks_.emplace_back(entry.clock, entry.seq);
    ++starts_[entry.unit + 1];
  }
  sort_nearly_sorted(clocks_);
  for (std::size_t i = 0; i < clocks_.size(); i += kMark) marks_.push_back(clocks_[i].first);
  for (std::size_t u = 0; u < units; ++u) starts_[u + 1] += starts_[u];
  std::vector<std::size_t> at(starts_.begin(), starts_.end() - 1);
  for (std::uint32_t i = 0; i < entries.size(); ++i) order_[at[entries[i].unit]++] = i;
}

Seq WholeLog::seq_at(Instant t) const {
  const auto mark = std::upper_bound(marks_.begin(), marks_.end(), t) - marks_.begin();
  if (mark == 0) return 0;
  const auto from = clocks_.begin() + (mark - 1) * static_cast<std::ptrdiff_t>(kMark);
  const auto room = static_cast<std::size_t>(clocks_.end() - from);
  const auto to = from + static_cast<std::ptrdiff_t>(std::min(kMark, room));
  const auto at =
      std::upper_bound(from, to, t, [](Instant x, const Clock& c) { return x < c.first; });
  return std::prev(at)->second;
}

Instant WholeLog::cut(Instant from, std::size_t records, Instant end) const {
  const auto next = std::upper_bound(clocks_.begin(), clocks_.end(), from,
                                     [](Instant t, const Clock& c) { return t < c.first; });
  const auto left = static_cast<std::size_t>(clocks_.end() - next);
  return records < left ? std::min(next[static_cast<std::ptrdiff_t>(records)].first, end) : end;
}

void WholeLog::put_in_order(std::uint32_t unit) {
  const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(starts_[unit]);
  const auto end = order_.begin() + static_cast<std::ptrdiff_t>(starts_[unit + 1]);
  const auto earlier = [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(entries_[a].clock, entries_[a].seq) <
           std::pair(entries_[b].clock, entries_[b].seq);
  };
  if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
}

void WholeLog::take(std::uint32_t unit, Instant t, std::vector<const LogEntry*>& out) {
  // A unit's entries lie far apart: memory is asked for them in time.
  const std::size_t end = starts_[unit + 1];
  for (std::size_t i = starts_[unit]; i < end; ++i) {
    const auto* const bytes = reinterpret_cast<const char*>(&entries_[order_[i]]);
    __builtin_prefetch(bytes);
    __builtin_prefetch(bytes + 64);
  }
  put_in_order(unit);
  out.clear();
  for (std::size_t i = starts_[unit]; i < end; ++i) {
    const LogEntry& entry = entries_[order_[i]];
    if (entry.clock > t) break;
    if (i + kAhead < end) {
      const auto* const cells = reinterpret_cast<const char*>(entries_[order_[i + kAhead]].cells);
      __builtin_prefetch(cells);
      __builtin_prefetch(cells + 64);
    }
    out.push_back(&entry);
  }
}

}  // namespace lianqing
