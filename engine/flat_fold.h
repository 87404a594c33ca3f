// Folds one unit rule by rule instead of instant by instant. Where no record changes another and no
// rule reads what another says, a rule's windows are stretches of sorted arrays whose ends only
// move forward, and its conditions are compared with limits laid ready. What a level does is
// decided by judge() alone, as in fold.h: here is only told when it need not be asked, because
// nothing that it looks at has changed since it last said no.
// Card: a quiet rule leaps to the first instant at which enough samples can have entered or left
// for a value to pass a cut; others take one step per entering or leaving sample. A judgement looks
// at the windows of its rule and no others. No heap but for keys; memory is that of one unit's
// samples, used again for the next.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/flat_column.h"
#include "engine/flat_intake.h"
#include "engine/flat_plan.h"
#include "engine/fold.h"
#include "engine/judge.h"

namespace lianqing {

// The unit whose records are folded.
struct FlatUnit {
  const std::string* name = nullptr;
  const std::vector<Cell>* attributes = nullptr;  // null: none
  bool registered = false;
  Instant first;  // when its rules are judged first
};

class FlatFold {
 public:
  // All must outlive it; one thread uses it at a time.
  FlatFold(const Fold& fold, const FlatPlan& plan);

  // Whether such a record can be folded here.
  static bool takes(const LogEntry& entry) {
    return entry.kind == RecordKind::event && entry.decisions.empty() && entry.time == entry.clock;
  }

  // A unit and a stretch of time begin: all of its entries up to the end of the stretch are taken,
  // in log order.
  void begin();
  void take(const LogEntry& entry) {
    ++taken_;
    if (fold_.options().reasons) unit_.rows.add(entry, 0);
    intake_.take(entry, columns_);
  }
  bool empty() const { return taken_ == 0; }

  // Judges everything after `from` up to and including `to`. `instances` are as the stretch before
  // left them, or empty: one per rule, in their order, then those of keys.
  void run(const FlatUnit& unit, Instant from, Instant to, std::vector<Instance>& instances,
           const SeqAt& seq_at, Effects& effects);

 private:
  // Where a leg stands: samples [leave, enter) are inside; those of the instance at hand end before
  // `last`.
  struct Place {
    std::size_t leave = 0, enter = 0, last = 0;
    Instant next_enter = kNever, next_leave = kNever;
  };
  // The values between two cuts: from `low` to before `high`.
  struct Band {
    Wide low = 0, high = 0;
  };

  void lay_out();
  // Judges the rule for each of its keys; `known`: those that were judged before, in their order.
  void judge_keys(std::uint32_t index, std::span<const Instance> known, Instant from, Instant to,
                  const SeqAt& seq_at, Effects& effects);
  // Judges the instance of the rule that stands in unit_, for the first time at `first`.
  void judge_rule(std::uint32_t index, Instant first, Instant from, Instant to, const SeqAt& seq_at,
                  Effects& effects);
  void look_at(const FlatRule& rule);
  void place_legs(const FlatRule& rule, Instant from);
  Instant enters(const FlatLeg& leg, std::size_t i) const {
    return leg.periods == kNone ? columns_[leg.column].samples()[i].time + leg.after
                                : periods_[leg.periods].enters[i];
  }
  Instant leaves(const FlatLeg& leg, std::size_t i) const {
    return leg.periods == kNone ? columns_[leg.column].samples()[i].time + leg.until
                                : periods_[leg.periods].leaves[i];
  }
  void find_next(const FlatLeg& leg, Place& place) const;
  // Everything that enters or leaves at t does; whether an event does that happens then.
  bool step(const FlatRule& rule, Instant t);
  Wide value_of(const FlatRule& rule, const FlatValue& value) const;
  void set_bands(const FlatRule& rule);
  bool left_bands(const FlatRule& rule) const;
  // Before which instant no value leaves its band.
  Instant calm_until(const FlatRule& rule) const;
  Instant counts_calm_until(const FlatLeg& leg, const Place& place, const Band& band) const;
  Instant sums_calm_until(const FlatLeg& leg, const Place& place, const Band& band) const;
  void leap(const FlatRule& rule, Instant t);
  void judge_at(std::uint32_t index, Instant t, bool by_event, const SeqAt& seq_at,
                Effects& effects);
  // What the conditions of a plain rule say where its legs stand; false: unknown.
  bool read(const FlatRule& rule, Verdicts& out) const;
  void tell_of(std::uint32_t index, Level from, Instant t, const SeqAt& seq_at, Effects& effects);
  void stand_at(std::uint32_t index, Instant t);

  const Fold& fold_;
  const Program& program_;
  const FlatPlan& plan_;
  const FlatIntake intake_;
  UnitState unit_;         // one Series per column, one Instance per rule
  std::size_t taken_ = 0;  // entries
  std::vector<FlatColumn> columns_;
  std::vector<FlatPeriods> periods_;  // one per FlatPlan::periods
  std::vector<Instance> keyed_;       // instances of keys, as this stretch leaves them
  std::vector<Cell> keys_;            // of the rule at hand
  // Of the instance at hand:
  std::vector<FlatColumn::Part> parts_;  // one per FlatRule::sights
  std::vector<Place> places_;
  std::vector<Band> bands_;  // one per FlatRule::cuts
  bool looked_ = false;      // at it: look_at()
};

}  // namespace lianqing
