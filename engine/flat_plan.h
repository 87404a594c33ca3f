// Which rules can be folded flat (flat_fold.h): those judged by sliding windows of plain events of
// their own unit and by nothing else, whose levels nobody reads, so that each rule's history
// follows from sorted arrays. And what of each is laid ready for it. The other rules are folded as
// ever, beside them.
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

// The cuts of a rule (quiet.h) on the count, or the sum, in a leg; sorted, in millionths.
struct FlatCuts {
  std::uint32_t leg = kNone;
  bool sums = false;
  std::vector<Wide> at;
};

struct FlatRule {
  std::uint32_t rule = kNone;
  std::vector<FlatLeg> legs;
  bool quiet = false;  // while no value passes one of `cuts` and no time is up, nothing changes
  std::vector<FlatCuts> cuts;
};

struct FlatPlan {
  // Nothing if all of the program must be folded in general.
  static std::optional<FlatPlan> of(const Program& program, const Route& route);

  std::vector<std::uint32_t> streams;    // one per column
  std::vector<std::uint32_t> column_of;  // stream -> column, or kNone
  std::vector<FlatRule> rules;           // of Route::judged_rules, in their order
  std::vector<bool> others;              // rule -> it is judged, and not flat
  bool mixed = false;                    // there are others
};

}  // namespace lianqing
