// Units that look at each other: at each instant of any of them, in this order, what is due moves
// and records are applied in every unit; values of peers and roll-ups are taken; rules are judged
// stratum by stratum in all units, with the roll-ups over their levels in between.
#pragma once

#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "engine/fold.h"

namespace lianqing {

class World {
 public:
  // `changes` is told of every unit before its state changes.
  World(const Fold& fold, std::function<void(std::uint32_t number)> changes);
  // Whether the program has measures over other units.
  static bool needed(const Program& program);

  // Makes a unit known; `state` must stay where it is.
  void place(std::uint32_t number, UnitState& state);

  // Folds the entries (sorted by clock) and everything before `now`; `now` itself too if `last`.
  void run(std::span<const LogEntry> entries, Instant now, bool last, const SeqAt& seq_at,
           Effects& effects);

  // Peers are taken at the starts of periods after this instant.
  Instant done() const { return done_; }
  void resume(Instant done) { done_ = done; }

 private:
  struct Member {
    UnitState* state = nullptr;
    std::string parent;
    bool active = false;
  };

  void renew(std::uint32_t number);
  void adopt(std::uint32_t number);
  std::vector<std::uint32_t> receivers(std::uint32_t number) const;
  void move_records(Instant t, Effects& effects);
  void activate(std::uint32_t number, Instant t, Effects& effects);
  Instant next_due();
  Instant next_peers() const;
  void complete(Instant t, const SeqAt& seq_at, Effects& effects);
  void take_peers(std::uint32_t measure, Instant t, Effects& effects);
  void roll_up(std::uint32_t stratum, Instant t, Effects& effects);
  Operand rolled(const RollUp& roll_up, std::uint32_t number, Instant t) const;
  void below(std::uint32_t number, RollUpScope scope, std::vector<std::uint32_t>& out) const;
  void give(std::uint32_t number, std::uint32_t measure, const Operand& value, Cause cause,
            Instant earliest, Instant t, Effects& effects);

  const Fold& fold_;
  const Program& program_;
  const std::function<void(std::uint32_t)> changes_;
  std::vector<Member> members_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
  std::map<std::string, std::vector<std::uint32_t>> children_;  // parent name -> numbers, sorted
  std::priority_queue<std::pair<Instant, std::uint32_t>,
                      std::vector<std::pair<Instant, std::uint32_t>>, std::greater<>>
      dues_;                           // counts if the unit agrees
  std::vector<std::uint32_t> active_;  // touched at the instant at hand
  bool tree_changed_ = false;          // at the instant at hand
  Instant done_ = kBeforeAll;
};

}  // namespace lianqing
