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
  // From the end on, where there is room for all: what is moved is never written over before.
  for (std::size_t to = clocks.size(); !late.empty();) {
    const bool newest = kept == 0 || clocks[kept - 1] < late.back();
    clocks[--to] = newest ? late.back() : clocks[--kept];
    if (newest) late.pop_back();
  }
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

void rows_to_entries(const WholeRows& rows, AdmittedBatch& batch) {
  std::vector<LogEntry> all;
  all.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const WholeRows::Row& row = rows.row(i);
    if (row.kind == WholeRows::Kind::unitless) continue;
    if (row.kind == WholeRows::Kind::entry) {
      all.push_back(batch.entries[row.values_at]);
    } else {
      all.push_back(rows.entry(i, batch.cells.emplace_back(rows.slots()).data()));
    }
  }
  batch.entries = std::move(all);
}

WholeLog::WholeLog(const WholeRows& rows, std::span<const LogEntry> entries,
                   std::span<const std::pair<Instant, Seq>> unitless, std::size_t units,
                   std::optional<Instant> until)
    : rows_(rows), entries_(entries), starts_(units + 1) {
  const Instant end = until.value_or(kNever);
  clocks_.reserve(rows.size());
  for (const auto& one : unitless) {
    if (one.first <= end) clocks_.push_back(one);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const WholeRows::Row& row = rows.row(i);
    if (row.kind == WholeRows::Kind::unitless || row.clock > end) continue;
    clocks_.emplace_back(row.clock, rows.seq(i));
    ++starts_[row.unit + 1];
  }
  sort_nearly_sorted(clocks_);
  for (std::size_t i = 0; i < clocks_.size(); i += kMark) marks_.push_back(clocks_[i].first);
  for (std::size_t u = 0; u < units; ++u) starts_[u + 1] += starts_[u];
  std::vector<std::size_t> at(starts_.begin(), starts_.end() - 1);
  order_.resize(starts_.back());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const WholeRows::Row& row = rows.row(i);
    if (row.kind == WholeRows::Kind::unitless || row.clock > end) continue;
    order_[at[row.unit]++] = i;
  }
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

// Rows count in log order.
void WholeLog::put_in_order(std::uint32_t unit) {
  const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(starts_[unit]);
  const auto end = order_.begin() + static_cast<std::ptrdiff_t>(starts_[unit + 1]);
  const auto earlier = [this](std::uint32_t a, std::uint32_t b) {
    return std::pair(rows_.row(a).clock, a) < std::pair(rows_.row(b).clock, b);
  };
  if (!std::is_sorted(begin, end, earlier)) std::sort(begin, end, earlier);
}

void WholeLog::take(std::uint32_t unit, Instant t, UnitEntries& out) {
  // A unit's rows lie far apart: memory is asked for them in time.
  const std::size_t start = starts_[unit], end = starts_[unit + 1];
  for (std::size_t i = start; i < end; ++i) __builtin_prefetch(&rows_.row(order_[i]));
  put_in_order(unit);
  std::size_t upto = start;
  while (upto < end && rows_.row(order_[upto]).clock <= t) ++upto;
  out.all.clear();
  out.made.clear();
  out.made.reserve(upto - start);
  out.cells.assign((upto - start) * rows_.slots(), Cell{});
  for (std::size_t i = start; i < upto; ++i) {
    if (i + kAhead < upto) rows_.prefetch(order_[i + kAhead]);
    const WholeRows::Row& row = rows_.row(order_[i]);
    if (row.kind == WholeRows::Kind::entry) {
      out.all.push_back(&entries_[row.values_at]);
      continue;
    }
    Cell* const cells = out.cells.data() + (i - start) * rows_.slots();
    out.all.push_back(&out.made.emplace_back(rows_.entry(order_[i], cells)));
  }
}

}  // namespace lianqing
