// What a record says about other records: that they are withdrawn, that fields were wrong, that
// they weigh less. Decisions are kept beside the rows they concern and applied to them afresh, in
// (time, log order), so that it does not matter which arrived first.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lianqing/event.h"
#include "lianqing/time.h"
#include "lianqing/warning.h"
#include "rules/expr.h"

namespace lianqing {

inline constexpr std::uint32_t kFullWeight = 1'000'000;  // weights are millionths

enum class DecisionKind : std::uint8_t { withdraw, correct, weigh };

// What `target` names.
enum class TargetKind : std::uint8_t {
  event,               // the id of an event of `source`
  event_or_complaint,  // the id of an event of any source, or a complaint id
  complaint,           // a complaint id
};

struct Decision {
  DecisionKind kind = DecisionKind::withdraw;
  Cause cause = Cause::decision;
  Seq seq = 0;  // of the record that says so
  Instant time;
  TargetKind names = TargetKind::event;
  std::string target;
  Symbol source = kNone;
  std::vector<std::pair<std::uint32_t, Cell>> patch;  // correct: (slot, value), by slot
  std::vector<Cell> elements;                         // pool of the patch's lists
  std::uint32_t weight = kFullWeight;                 // weigh
  bool met = false;                                   // has found a record to act on
};

}  // namespace lianqing
