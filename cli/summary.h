// What a replay amounts to: counts that reconcile, transitions per rule and level, colours at the
// end. Gathered from the warnings as they leave.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
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
  struct ByText {  // looked up without making texts
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    }
  };
  struct PerUnit {
    std::string name;
    std::map<std::pair<std::string, std::string>, Level, ByText> levels;  // (rule, key), not green
    std::uint64_t transitions = 0;
    Level colour() const;
  };
  std::map<std::string, PerRule> rules_;
  std::vector<PerUnit> units_;  // sorted when they are told
  std::unordered_map<std::string, std::size_t> unit_at_;
  std::uint64_t transitions_ = 0;
};

}  // namespace lianqing
