// Conditions, confirmation, hold and hysteresis: the only place where a level changes.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>
#include <vector>

#include "engine/fold.h"

namespace lianqing {

// The values of a rule's measures for one unit and key, computed when first asked for.
class Reading final : public Leaves {
 public:
  // `behind`: where to look for what `unit` (a fork) does not hold; may be null.
  Reading(const Fold& fold, const UnitState& unit, const Cell& key, Instant t,
          const UnitState* behind = nullptr)
      : fold_(fold), unit_(unit), behind_(behind), key_(key), t_(t) {}

  Operand leaf(const ExprNode& node) const override;
  Operand measure(std::uint32_t index) const;
  // Whether the condition `expr` holds; `null_operand`: it met a null that it does not handle.
  bool holds(std::uint32_t expr, bool& null_operand) const;
  // The year without calendar data that some measure read so far would need; 0: none.
  int missing_year() const { return missing_year_; }

 private:
  Operand compute(std::uint32_t index) const;
  Operand given(std::uint32_t index) const;
  bool is_unknown(std::uint32_t index, const Cell& key) const;

  const Fold& fold_;
  const UnitState& unit_;
  const UnitState* behind_;
  const Cell& key_;
  Instant t_;
  struct Known {
    std::uint32_t measure;
    Operand value;
  };
  mutable boost::container::small_vector<Known, 4> known_;  // a rule reads few
  mutable int missing_year_ = 0;
};

// Every condition of a rule at one instant.
struct Verdicts {
  bool grey = false;
  int missing_year = 0;
  bool needs = true, needs_null = false;
  std::array<bool, kLevels> enter{}, exit{}, enter_null{}, exit_null{};
};
Verdicts verdicts(const Rule& rule, const Reading& reading);

// Whether the rule is judged for the unit at t (validity, exceptions), and when that changes next.
bool in_force(const Rule& rule, const std::string& unit, Instant t);
Instant next_change_of_force(const Rule& rule, const std::string& unit, Instant t);

// Judges one instance at t; whether its level changed, which nobody is told yet. `known`: what its
// conditions say; null: they are read.
bool judge_level(const Fold& fold, UnitState& unit, std::uint32_t instance, Instant t,
                 const Verdicts* known, Effects& effects);

// The same, and tells of a change of level.
void judge(const Fold& fold, UnitState& unit, std::uint32_t instance, Instant t,
           const SeqAt& seq_at, Effects& effects);

// Whether judging the instance again before its `due`, with the same verdicts as at t, when it was
// judged last, may change it: a level or its end is due already and was not yet taken, for there is
// one transition an instant. Only of rules whose clocks need no calendar.
bool is_restless(const Rule& rule, const Instance& instance, Instant t);

// The level machine alone: moves `instance` by the verdicts, sets its `due`; true if it changed.
bool move_level(const Program& program, const Rule& rule, const Verdicts& verdicts, Instant t,
                Instance& instance);

}  // namespace lianqing
