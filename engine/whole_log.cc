#include "engine/whole_log.h"

#include <algorithm>

namespace lianqing {

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
  std::string id;
  rows.each_unit([&](std::uint32_t unit) {
    rows.each(unit, [&](const WholeRows::Record& record) {
      if (const auto index = record.entry_index()) {
        all.push_back(batch.entries[*index]);
        return;
      }
      rows.fill(unit, record, all.emplace_back(), batch.cells.emplace_back(rows.slots()).data());
      id.clear();
      rows.write_id(record, id);
      const std::vector<char>& kept = batch.ids.emplace_back(id.begin(), id.end());
      all.back().id = {kept.data(), kept.size()};
    });
  });
  std::sort(all.begin(), all.end(),
            [](const LogEntry& a, const LogEntry& b) { return a.seq < b.seq; });
  batch.entries = std::move(all);
}

WholeLog::WholeLog(WholeRows& rows, std::span<const LogEntry> entries, bool ids,
                   std::optional<Instant> until)
    : rows_(rows), entries_(entries), ids_(ids), until_(until.value_or(kNever)) {
  rows.clocks().finish(until);
}

Seq WholeLog::seq_at(Instant t) const {
  const auto newest = rows_.clocks().newest_at(t);
  return newest ? rows_.seq(*newest) : 0;
}

Seq WholeLog::seq_at(Instant t, std::size_t& at) const {
  const auto newest = rows_.clocks().newest_at(t, at);
  return newest ? rows_.seq(*newest) : 0;
}

void WholeLog::take(std::uint32_t unit, Instant t, UnitEntries& out) const {
  std::size_t rows = 0;
  rows_.each(unit, [&](const WholeRows::Record&) { ++rows; });
  std::vector<std::size_t> ends;  // of their ids
  out.all.clear();
  out.ids.clear();
  out.made.clear();
  out.made.reserve(rows);
  out.cells.assign(rows * rows_.slots(), Cell{});
  rows_.each(unit, [&](const WholeRows::Record& record) {
    if (record.clock() > t || record.clock() > until_) return;
    if (const auto index = record.entry_index()) {
      out.all.push_back(&entries_[*index]);
      return;
    }
    LogEntry& entry = out.made.emplace_back();
    rows_.fill(unit, record, entry, out.cells.data() + (out.made.size() - 1) * rows_.slots());
    ends.push_back(out.ids.size());
    rows_.write_id(record, out.ids);
    out.all.push_back(&entry);
  });
  ends.push_back(out.ids.size());
  for (std::size_t i = 0; i < out.made.size(); ++i) {
    out.made[i].id = std::string_view(out.ids).substr(ends[i], ends[i + 1] - ends[i]);
  }
  const auto earlier = [](const LogEntry* a, const LogEntry* b) { return a->clock < b->clock; };
  if (!std::is_sorted(out.all.begin(), out.all.end(), earlier)) {
    std::stable_sort(out.all.begin(), out.all.end(), earlier);
  }
}

}  // namespace lianqing
