// What flat_fold.h reads of one unit's records, laid out once for all rules: the samples of a
// stream, and when each of them enters and leaves a window of calendar periods.
#pragma once

#include <vector>

#include "engine/series.h"

namespace lianqing {

// All samples of one stream; of a stream with key those of one key lie together.
class FlatColumn {
 public:
  // The samples [begin, end) of one key; null: of the whole unit.
  struct Part {
    Cell key;
    std::size_t begin = 0, end = 0;
  };

  void clear();
  // In log order; a column has a key in all of them or in none.
  void add(const Sample& sample) {
    rising_ = rising_ && sample.value.num >= 0;
    in_order_ = in_order_ && (samples_.empty() || samples_.back().time <= sample.time);
    samples_.push_back(sample);
  }
  void add(const Sample& sample, const Cell& key);
  // After the last one.
  void finish();

  const std::vector<Sample>& samples() const { return samples_; }  // of a part in (time, log order)
  // [i]: of the samples before i; what lies between two of the same part is their difference. Made
  // when asked for first: who counts does not ask.
  const std::vector<Totals>& totals() const {
    if (totals_.empty()) sum_up();
    return totals_;
  }
  // In order of their keys; of a stream without key there is one, maybe empty.
  const std::vector<Part>& parts() const { return parts_; }
  // An empty part if there is none of that key.
  Part part(const Cell& key) const;
  bool rising() const { return rising_; }  // no value is below zero

 private:
  void put_in_order();
  void sum_up() const;

  std::vector<Sample> samples_;
  std::vector<std::pair<Cell, Sample>> keyed_;  // before finish()
  mutable std::vector<Totals> totals_;          // empty: not made yet
  std::vector<Part> parts_;
  bool rising_ = true;
  bool in_order_ = true;      // so far the samples came in order of time
  std::vector<Sample> late_;  // used again
};

// When the samples of a column enter and leave a window of calendar periods (not `to_date`).
struct FlatPeriods {
  std::vector<Instant> enters, leaves;  // one per sample; rising within a part

  void lay_out(const Zone& zone, const WindowSpan& span, const std::vector<Sample>& samples);
};

}  // namespace lianqing
