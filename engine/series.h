// The events of one stream that concern one unit (and key), in (time, log order), and the windows
// over them. Card: arrival in order costs O(1) amortised per window, a late arrival one move of the
// newer samples; leaving costs O(1) (sum, groups) or one move of the sorted values. Subtract-on-
// evict: every aggregate here is exact under insertion and removal, because sums are integers.
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <span>
#include <vector>

#include "engine/entry.h"
#include "rules/program.h"

namespace lianqing {

struct Sample {
  Instant time;
  Seq seq = 0;
  Cell value;

  friend bool operator==(const Sample&, const Sample&) = default;
};

// How often each value occurs, with the largest number of occurrences at hand.
class Groups {
 public:
  void add(const Cell& value);
  void remove(const Cell& value);
  std::size_t distinct() const { return counts_.size(); }
  std::size_t top() const { return top_; }

 private:
  struct CellHash {
    std::size_t operator()(const Cell& c) const;
  };
  boost::unordered_flat_map<Cell, std::uint32_t, CellHash> counts_;  // looked up, never walked
  std::vector<std::uint32_t> holders_;  // [n] = values that occur n times
  std::size_t top_ = 0;
};

// Where one window stands. Samples [begin, end) of the series are inside.
struct WindowState {
  std::size_t begin = 0, end = 0;
  Wide sum = 0;      // millionths
  Wide squares = 0;  // of millionths
  Wide lacking = 0;  // millionths that the weights inside fall short of one each
  std::unique_ptr<std::vector<Cell>> sorted;
  std::unique_ptr<Groups> groups;
  // Calendar windows: bounds of the period looked at, and the period that t lies in: from after
  // `start` to before `until`.
  Instant low = kBeforeAll, high = kBeforeAll, start = kBeforeAll, until = kBeforeAll;
  std::uint32_t moved = kNone;  // place among the unit's moves of the instant (touch.h)

  // The sum of the weights inside, in millionths.
  Wide weight() const { return static_cast<Wide>(end - begin) * kFullWeight - lacking; }
};

struct Series {
  std::uint32_t stream = kNone;
  Cell key;                     // null: of the whole unit
  std::vector<Sample> samples;  // from `head` on; before it lies what no window can reach
  std::size_t head = 0;
  // Samples that do not weigh 1, in millionths: few.
  std::vector<std::pair<Seq, std::uint32_t>> weights;
  std::vector<std::uint32_t> windows;  // indices into Program::windows
  std::vector<WindowState> states;     // one per window
  Instant due = kNever;                // next instant at which a window changes by itself
  Instant alarm = kNever;              // the unit's alarm that stands for this series (fold.cc)

  std::uint32_t weight_of(Seq seq) const {
    for (const auto& [of, weight] : weights) {
      if (of == seq) return weight;
    }
    return kFullWeight;
  }
  std::span<const Sample> inside(std::size_t w) const {
    return {samples.data() + states[w].begin, states[w].end - states[w].begin};
  }
};

// A window whose content changed, and what it held before: the weights inside and the sum.
struct MovedWindow {
  std::uint32_t place = 0;  // in Series::windows
  Wide weight = 0, sum = 0;
};
// Few streams have more windows that move at a time than fit without allocating.
using Moved = boost::container::small_vector<MovedWindow, 6>;

// Moves every window of the series to clock t and finds the next due instant. What moved is written
// to `moved`, as it was before.
void advance(const Program& program, Series& series, Instant t, Moved& moved);

// Adds or removes one sample at clock t; the windows are already at t. `weight` is not zero.
void insert(const Program& program, Series& series, const Sample& sample, std::uint32_t weight,
            Instant t, Moved& moved);
bool erase(const Program& program, Series& series, Instant time, Seq seq, Instant t, Moved& moved);

// Sums over samples of full weight, as a window of them has them; differences of them are exact,
// whatever overflows in between.
struct Totals {
  __extension__ using Sum = unsigned __int128;
  Sum sum = 0, squares = 0;

  static Totals of(const Cell& value);
  friend Totals operator+(Totals a, Totals b) { return {a.sum + b.sum, a.squares + b.squares}; }
};

// Puts every window of a series where it stands at t, no earlier than it was put last. The series
// holds all samples up to t, each of full weight, and none that it held then is gone; the
// difference of totals[j] and totals[i] is of the samples from i to before j.
void stand(const Program& program, Series& series, std::span<const Totals> totals, Instant t);

// The bounds of the window at t: samples with low < time <= high are inside.
struct Bounds {
  Instant low, high;
};
Bounds bounds(const Program& program, const WindowSpan& span, Instant t);

}  // namespace lianqing
