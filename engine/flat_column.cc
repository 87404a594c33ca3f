#include "engine/flat_column.h"

#include <algorithm>

#include "engine/state.h"

namespace lianqing {

void FlatColumn::clear() {
  samples_.clear();
  keyed_.clear();
  totals_.clear();
  rising_ = in_order_ = true;
}

void FlatColumn::add(const Sample& sample, const Cell& key) {
  rising_ = rising_ && sample.value.num >= 0;
  keyed_.emplace_back(key, sample);
}

void FlatColumn::finish() {
  parts_.clear();
  if (keyed_.empty()) {
    if (!in_order_) put_in_order();
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
}

void FlatColumn::sum_up() const {
  totals_.reserve(samples_.size() + 1);
  Totals sum;
  totals_.push_back(sum);
  for (const Sample& sample : samples_) {
    sum = sum + Totals::of(sample.value);
    totals_.push_back(sum);
  }
}

// Few are late: these are sorted alone and merged.
void FlatColumn::put_in_order() {
  const auto earlier = [](const Sample& a, const Sample& b) {
    return std::pair(a.time, a.seq) < std::pair(b.time, b.seq);
  };
  late_.clear();
  std::size_t kept = 0;
  for (const Sample& sample : samples_) {
    if (kept == 0 || !earlier(sample, samples_[kept - 1])) {
      samples_[kept++] = sample;
    } else {
      late_.push_back(sample);
    }
  }
  std::sort(late_.begin(), late_.end(), earlier);
  // From the end on, where there is room for all: what is moved is never written over before.
  for (std::size_t to = samples_.size(); !late_.empty(); late_.pop_back()) {
    for (; kept > 0 && earlier(late_.back(), samples_[kept - 1]); --kept) {
      samples_[--to] = samples_[kept - 1];
    }
    samples_[--to] = late_.back();
  }
}

FlatColumn::Part FlatColumn::part(const Cell& key) const {
  if (parts_.size() == 1 && parts_.front().key == key) return parts_.front();
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
