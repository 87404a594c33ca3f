// Folds a log gathered whole, one unit after the other and one stretch of time after the other:
// flat (flat_fold.h) where a unit's records allow it, else as any other log is folded.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "engine/flat_fold.h"
#include "engine/roster.h"
#include "engine/whole_log.h"

namespace lianqing {

class WholeFold {
 public:
  // Everything after `from` up to and including `to`.
  struct Stretch {
    Instant from = kBeforeAll, to;
    bool last = false;
  };

  // All must outlive it. `threads` share the units among them.
  WholeFold(const Fold& fold, const FlatPlan& plan, Roster& roster, WholeLog& log,
            std::size_t threads);

  // Before the first stretch; `entries` are all of the log, `first` its first clock. Fails as
  // Roster::load does.
  Status prepare(std::span<const LogEntry> entries, Instant first);
  // The part of thread `number`, from 0: stretches in order of time, threads beside each other.
  // `done` takes what `effects` got, unit by unit.
  void fold(const Stretch& stretch, std::size_t number, Effects& effects,
            const std::function<void()>& done);

 private:
  void fold_flat(const Stretch& stretch, std::uint32_t unit,
                 std::span<const LogEntry* const> entries, FlatFold& flat, Effects& effects);

  const Fold& fold_;
  Roster& roster_;
  WholeLog& log_;
  Instant first_;
  std::deque<FlatFold> flats_;                // one per thread
  std::vector<bool> plain_;                   // units that are folded flat
  std::vector<std::vector<Instance>> rules_;  // of these, between two stretches
};

}  // namespace lianqing
