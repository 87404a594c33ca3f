#include "engine/flat_column.h"

#include <algorithm>

#include "engine/state.h"

namespace lianqing {

void FlatColumn::clear() {
  samples_.clear();
  keyed_.clear();
  rising_ = true;
}

void FlatColumn::add(const Sample& sample, const Cell& key) {
  rising_ = rising_ && sample.value.num >= 0;
  if (key.tag == CellTag::null) {
    samples_.push_back(sample);
  } else {
    keyed_.emplace_back(key, sample);
  }
}

void FlatColumn::finish() {
  parts_.clear();
  if (keyed_.empty()) {
    parts_.push_back({Cell{}, 0, samples_.size()});
  } else {
    std::sort(keyed_.begin(), keyed_.end(), [](const auto& a, const auto& b) {
      if (a.first != b.first) return CellOrder{}(a.first, b.first);
      return std::pair(a.second.time, a.second.seq) < std::pair(b.second.time, b.second.seq);
    });
    for (const auto& [key, sample] : keyed_) {
      if (parts_.empty() || parts_.back().key != key) {
        parts_.push_back({key, samples_.size(), samples_.size()});
      }
      samples_.push_back(sample);
      ++parts_.back().end;
    }
  }
  totals_.assign(1, Totals{});
  for (const Sample& sample : samples_)
    totals_.push_back(totals_.back() + Totals::of(sample.value));
}

FlatColumn::Part FlatColumn::part(const Cell& key) const {
  const auto at = std::lower_bound(
      parts_.begin(), parts_.end(), key,
      [](const Part& part, const Cell& wanted) { return CellOrder{}(part.key, wanted); });
  return at == parts_.end() || at->key != key ? Part{key, 0, 0} : *at;
}

void FlatPeriods::lay_out(const Zone& zone, const WindowSpan& span,
                          const std::vector<Sample>& samples) {
  enters.clear();
  leaves.clear();
  Instant start = kNever, until = kNever;  // of the period that the last sample lies in
  Instant enter, leave;
  for (const Sample& sample : samples) {
    if (sample.time < start || sample.time >= until) {
      const LocalDay day = zone.day_of(sample.time);
      const auto start_of = [&](int shift) {
        return zone.start_of(Zone::period_start(day, span.period, shift));
      };
      start = start_of(0);
      until = start_of(1);
      enter = start_of(span.periods_back);
      leave = start_of(span.periods_back + 1);
    }
    enters.push_back(span.periods_back == 0 ? sample.time : enter);
    leaves.push_back(leave);
  }
}

}  // namespace lianqing
