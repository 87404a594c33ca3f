// Folds a log gathered whole, one unit after the other and one stretch of time after the other:
// where a unit's records allow it its flat rules (flat_fold.h) and the other ones each in their own
// way, else all of them as any other log is folded.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "engine/flat_fold.h"
#include "engine/gathering.h"
#include "engine/roster.h"
#include "engine/whole_log.h"

namespace lianqing {

// How many records the pieces take that a log is folded in: as many as their warnings can be held.
// Each piece lays out its units from their first record on, so the fewer the better.
class WholePace {
 public:
  // `least`: the first piece, and the smallest. With reasons a warning is some twenty times as
  // large, and fewer are risked at a time.
  WholePace(std::size_t least, bool reasons)
      : least_(least), held_(least * (reasons ? 2 : 8)), growth_(reasons ? 4 : 16) {}

  std::size_t records() const { return records_; }
  // The piece has told of so many.
  void told(std::size_t warnings) {
    records_ = std::clamp(records_ * held_ / (warnings + 1), least_, records_ * growth_);
  }

 private:
  const std::size_t least_, held_, growth_;
  std::size_t records_ = least_;
};

class WholeFold {
 public:
  // Everything after `from` up to and including `to`.
  struct Stretch {
    Instant from = kBeforeAll, to;
    bool last = false;
  };

  // All must outlive it. `threads` share the units among them.
  WholeFold(const Fold& fold, const Gathering& gathered, Roster& roster, WholeLog& log,
            std::size_t threads);

  // Before the first stretch; `entries` are those of the log that are no rows, `first` is its first
  // clock. Fails as Roster::load does.
  Status prepare(std::span<const LogEntry> entries, Instant first);
  // The part of thread `number`, from 0: stretches in order of time, threads beside each other.
  // `done` takes what `effects` got, unit by unit.
  void fold(const Stretch& stretch, std::size_t number, Effects& effects,
            const std::function<void()>& done);
  // After the last stretch: how many units need which year that the calendar does not have.
  const std::map<int, std::uint64_t>& lacking() const { return lacking_; }

 private:
  void fold_flat(const Stretch& stretch, std::size_t number, std::uint32_t unit, Effects& effects);

  // The rules of the unit that are not flat.
  void fold_others(const Stretch& stretch, std::uint32_t unit, const FlatUnit& facts,
                   std::span<const LogEntry* const> entries, Effects& effects);
  void count_lacking(const UnitState& unit);

  const Fold& fold_;
  const Fold* others_;  // of the rules that are not flat; null: there are none
  Roster& roster_;
  WholeLog& log_;
  Instant first_;
  std::deque<FlatFold> flats_;                      // one per thread
  std::vector<UnitEntries> rooms_;                  // the same
  std::vector<bool> plain_;                         // units that are folded flat
  std::vector<std::vector<Instance>> rules_;        // of these, between two stretches
  std::vector<std::unique_ptr<UnitState>> states_;  // of these, what others_ made of them
  std::mutex lacking_is_counted_;
  std::map<int, std::uint64_t> lacking_;
};

}  // namespace lianqing
