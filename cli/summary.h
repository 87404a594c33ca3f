// What a replay amounts to: counts that reconcile, transitions per rule and level, colours at the
// end. Gathered from the warnings as they leave.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/explanation.h"
#include "engine/replay.h"

namespace lianqing {

// What was taken as it came, though somebody should look at it.
struct Oddities {
  std::uint64_t items_ignored = 0;        // openings of open items, closings and extensions of none
  std::vector<std::string> unregistered;  // units with records, in order of their names
};

// Looks at every unit, if the pack has items or there is a register.
[[nodiscard]] Result<Oddities> find_oddities(Replay& replay, bool registers);

class Summary {
 public:
  void add(const Leaving& leaving);

  // `seconds`: how long the run took; 0: not told.
  std::string text(const Replay& replay, const Program& program, const Oddities& odd,
                   double seconds, Style style) const;

 private:
  struct PerRule {
    std::uint64_t to[kLevels] = {0, 0, 0};  // transitions by the level they led to
  };
  struct PerUnit {
    std::map<std::pair<std::string, std::string>, Level> levels;  // (rule, key), if not green
    std::uint64_t transitions = 0;
    Level colour() const;
  };
  std::map<std::string, PerRule> rules_;
  std::map<std::string, PerUnit> units_;
  std::uint64_t transitions_ = 0;
};

}  // namespace lianqing
