// Which programs can be folded flat (flat_fold.h): every rule judged by sliding windows of plain
// events of its own unit and by nothing else, so that each rule's history follows from sorted
// arrays. And what of each rule is laid ready for it.
#pragma once

#include <optional>
#include <vector>

#include "engine/route.h"

namespace lianqing {

// A window that a rule reads: samples of a column enter `after` behind their time and leave `over`
// later (kNever: not at all).
struct FlatLeg {
  std::uint32_t column = kNone, window = kNone;
  Duration after{0};
  std::optional<Duration> over;
};

// A condition on the count, or the sum in millionths, in a leg: it holds where low <= value <= high
// is `inside`.
struct FlatTest {
  std::uint32_t leg = kNone;
  bool sums = false, inside = true;
  Wide low = 0, high = 0;

  bool holds(Wide value) const { return (low <= value && value <= high) == inside; }
};

struct FlatRule {
  std::uint32_t rule = kNone;
  std::vector<FlatLeg> legs;
  // `quick`: `tests` are all of the rule's conditions: while none of them changes its outcome and
  // no time is up, judging changes nothing.
  bool quick = false;
  std::vector<FlatTest> tests;
};

struct FlatPlan {
  // Nothing if the program must be folded in general.
  static std::optional<FlatPlan> of(const Program& program, const Route& route);

  std::vector<std::uint32_t> streams;    // one per column
  std::vector<std::uint32_t> column_of;  // stream -> column, or kNone
  std::vector<FlatRule> rules;           // Route::judged_rules
};

}  // namespace lianqing
