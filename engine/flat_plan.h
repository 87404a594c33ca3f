// Which rules can be folded flat (flat_fold.h): those judged by windows of plain events of their
// own unit and by nothing else, whose levels nobody reads, so that each rule's history follows from
// sorted arrays. And what of each is laid ready for it. The other rules are folded as
// ever, beside them.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "engine/route.h"

namespace lianqing {

// A window that a rule reads: samples of a column enter `after` behind their time and leave `until`
// behind it; or when FlatPeriods say.
struct FlatLeg {
  std::uint32_t column = kNone, window = kNone;
  std::uint32_t sight = kNone;    // index into FlatRule::sights
  std::uint32_t periods = kNone;  // index into FlatPlan::periods; kNone: no calendar window
  Duration after{0}, until{0};
  bool leaves = false;   // else all history: `until` means nothing
  bool at_once = false;  // a sample enters when it happens
};

// What a rule reads of one column.
struct FlatSight {
  std::uint32_t column = kNone;
  bool keyed = false;                  // by the rule's key
  std::vector<std::uint32_t> windows;  // of the legs over it
};

// A window of calendar periods over a column.
struct FlatCalendar {
  std::uint32_t column = kNone, window = kNone;
};

// The count, or the sum, in a leg.
struct FlatValue {
  std::uint32_t leg = kNone;
  bool sums = false;
  friend bool operator==(const FlatValue&, const FlatValue&) = default;
};

// The cuts of a rule (quiet.h) on such a value; sorted, in millionths.
struct FlatCuts {
  FlatValue value;
  std::vector<Wide> at;
};

// A condition that compares one: `value * per op limit`, in millionths.
struct FlatTest {
  FlatValue value;
  Op op = Op::greater_equal;
  Wide limit = 0, per = 1;
};

// A rule that reads nothing but counts and sums and whose conditions compare one each, as most do:
// what it says can be told from where its legs stand.
struct FlatConditions {
  std::optional<FlatTest> needs;
  std::array<std::optional<FlatTest>, kLevels> enter, exit;
  std::vector<FlatValue> values;  // of Rule::measures
};

struct FlatRule {
  std::uint32_t rule = kNone;
  bool keyed = false;
  std::vector<FlatLeg> legs;
  std::vector<FlatSight> sights;
  bool quiet = false;  // while no value passes one of `cuts` and no time is up, nothing changes
  std::vector<FlatCuts> cuts;
  std::optional<FlatConditions> plain;
};

struct FlatPlan {
  // Nothing if all of the program must be folded in general.
  static std::optional<FlatPlan> of(const Program& program, const Route& route);

  std::vector<std::uint32_t> streams;    // one per column
  std::vector<std::uint32_t> column_of;  // stream -> column, or kNone
  std::vector<FlatCalendar> periods;
  std::vector<FlatRule> rules;  // of Route::judged_rules, in their order
  std::vector<bool> others;     // rule -> it is judged, and not flat
  bool mixed = false;           // there are others
};

}  // namespace lianqing
