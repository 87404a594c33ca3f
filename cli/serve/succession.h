// One rule pack follows another while commits go on. What the new one sees otherwise than was shown
// is told unit by unit, as of the instant of its activation whatever is recorded meanwhile; what it
// tells meanwhile is held here until its turn comes, behind all of that.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/serve/board.h"
#include "cli/serve/judge.h"
#include "engine/casebook/casebook.h"

namespace lianqing {

class Succession {
 public:
  enum class Phase {
    telling,      // unit by unit, what the new pack sees otherwise
    catching_up,  // what was held, in order
    keeping,      // a checkpoint of what came of it is written down
  };

  // Of the record that activates, from whose instant on the new pack rules.
  Succession(Instant from, Seq record) : at(from), seq(record) {}

  // What is told of one unit at `at`.
  struct Told {
    std::string unit;
    std::vector<GreyChange> greys;
    std::vector<Leaving> differences;
    bool looked_at = false;  // the packs may see its levels differently
  };
  // The next unit in order; nothing: that was the last one. The board and the casebook must show
  // what was told before `at`, and of the units so far what was told of them. Fails (full) if the
  // disk has no room for what is to be read again; it may be asked again then.
  [[nodiscard]] Result<std::optional<Told>> next(Replay& now, const Board& board,
                                                 const Casebook& casebook);

  const Instant at;
  const Seq seq;
  Phase phase = Phase::telling;
  bool live = false;  // records come meanwhile; the new pack's state at `at` is its checkpoint
  Judge before;       // which ruled; it stands at `at`
  Stands stands;      // of the new pack at `at`
  std::deque<Leaving> held;
  std::deque<GreyChange> held_greys;
  std::size_t held_count() const { return held.size() + held_greys.size(); }
  std::size_t transitions = 0, units = 0;  // told, looked at
  std::size_t lives = 0;                   // units whose cases are stored anew
  bool written = false;                    // the checkpoint is

 private:
  const std::string* unit_behind(const Board& board, const Casebook& casebook) const;
  Result<std::vector<Leaving>> differences(const std::string& unit, Replay& now,
                                           const Board& board);

  std::string reached_;  // the newest unit told
};

}  // namespace lianqing
