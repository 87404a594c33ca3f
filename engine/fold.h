// The whole meaning of the engine: how one entry changes one unit. Writes only the unit's state; no
// clock, I/O, logging or throw; the same inputs give the same effects. Instants are judged lazily:
// the records of one clock are applied, and judged when a later clock (or a tick) shows that the
// instant is complete, so that the cutting of the log into batches cannot matter.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/evaluate.h"
#include "engine/state.h"
#include "engine/warning_id.h"

namespace lianqing {

class HeldChanges;

// A rule has no data for a unit any more, or has again.
struct GreyChange {
  Instant time;
  std::string unit, rule;
  std::optional<std::string> key;
  bool is_grey = false;
};

// What the fold gives out. `greyed`: how often a rule became grey because the calendar has no data
// for a year.
struct Effects {
  // Told of every change of level, as it happens; if empty, no warning is made. What it is given is
  // written anew for the next one.
  std::function<void(const Warning&)> told;
  HeldChanges* noted =
      nullptr;  // not null: takes the changes instead, for warnings without reasons
  Warning warning;
  std::vector<GreyChange> greys;
  std::map<int, std::uint64_t> greyed;
  std::uint64_t judgements = 0;                // of rules, and of instants at which none had to be
  std::vector<std::uint64_t> rule_judgements;  // by index of the rule; empty: not counted
};

// The log position of the newest record with clock <= t.
using SeqAt = std::function<Seq(Instant)>;

// Told of each judgement of a rule in force: `leaves` gives what its conditions saw.
using Watcher = std::function<void(const Rule&, const Leaves& leaves, bool grey)>;

struct FoldOptions {
  std::size_t evidence = 20;  // newest ids cited per warning
  bool outlook = true;        // compute `next`
  bool reasons = true;        // compute `why`, `evidence`, `because`, and `next` if so asked
  bool tell_grey = false;     // give out changes of grey
  Watcher watcher;            // may be empty; called on the thread that folds
};

class Fold {
 public:
  Fold(const Program& program, const Route& route, const Symbols& symbols,
       FoldOptions options = {});

  // Applies one entry; its clock must not lie before the unit's.
  void step(UnitState& unit, const LogEntry& entry, const SeqAt& seq_at, Effects& effects) const;
  // The clock has reached t: judges everything up to and including t.
  void tick(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const;
  // The same, but t itself stays open for more records.
  void catch_up(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const;
  // Judges a registered unit's unkeyed rules for the first time.
  void activate(UnitState& unit, Instant t, const SeqAt& seq_at, Effects& effects) const;
  // The next instant at which something may change by itself, or at which records wait to be
  // judged; kNever if nothing does.
  static Instant due(const UnitState& unit);

  // The parts of an instant, for units that look at each other (world.h): the unit's clock moves to
  // t and what is due then moves; records of t are applied; rules are judged stratum by stratum.
  void open(UnitState& unit, Instant t, Effects& effects) const;
  void take_in(UnitState& unit, const LogEntry& entry, Effects& effects) const;
  void judge_stratum(UnitState& unit, std::uint32_t stratum, const SeqAt& seq_at,
                     Effects& effects) const;
  static void close(UnitState& unit) { unit.open = false; }

  // The instance as it stands at t (default: the unit's clock), explained. The unit must be judged
  // up to t.
  Warning explain(const UnitState& unit, const Instance& instance, Seq seq,
                  std::optional<Instant> t = std::nullopt) const;

  const Program& program() const { return program_; }
  const Route& route() const { return route_; }
  const Symbols& symbols() const { return symbols_; }
  const PatternSet& patterns() const { return patterns_; }
  const FoldOptions& options() const { return options_; }
  const std::string& rules() const { return rules_; }  // the program's hash as warnings tell it
  const WarningIds& ids() const { return ids_; }

 private:
  void run_until(UnitState& unit, Instant t, bool inclusive, const SeqAt& seq_at,
                 Effects& effects) const;
  void wake(UnitState& unit, Effects& effects) const;
  void wake_series(UnitState& unit, const Alarm& alarm) const;
  void begin_keys(UnitState& unit, const Series& series) const;
  void touch_clocked(UnitState& unit, Series& series, Instant t) const;
  void judge_touched(UnitState& unit, const SeqAt& seq_at, Effects& effects) const;
  void start_again(UnitState& unit, const SeqAt& seq_at, Effects& effects) const;

  const Program& program_;
  const Route& route_;
  const Symbols& symbols_;
  PatternSet patterns_;
  FoldOptions options_;
  std::string rules_;
  WarningIds ids_;
};

// When series `s` next changes anything: its windows, and the measures that grow with time alone.
Instant series_due(const Program& program, const Route& route, const Series& series, Instant t);

}  // namespace lianqing
