// Which unit stands where: the levels that the newest transitions left behind, and the colours that
// the casebook shows. Derived, kept for quick answers; one thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/casebook/case.h"
#include "engine/replay.h"

namespace lianqing {

struct Standing {
  Level level = Level::green;
  Instant since;
  bool shadow = false;
};

struct BoardUnit {
  std::map<std::pair<std::string, std::string>, Standing> standing;  // (rule, key); no greens
  Level colour = Level::green;                                       // shown
  bool grey = false;
  bool registered = false;
  Bilingual name;      // empty: the id says it all
  std::string parent;  // in the register's tree; empty: at the top
};

class Board {
 public:
  void meet(std::string_view unit);
  void meet_registered(const RegisteredUnit& unit);
  void move(const Leaving& leaving);
  // A level found in a stored state.
  void place(const std::string& unit, const std::string& rule, const std::string& key,
             Standing standing);

  void paint(const std::string& unit, const UnitColour& colour);
  void put_below(const std::string& unit, const std::string& parent);
  // A language whose name is empty keeps the one it has.
  void rename(const std::string& unit, const Bilingual& name);
  // These units, met or not, and all below them. Endless circles in the tree do no harm.
  std::set<std::string, std::less<>> sub_trees(const std::vector<std::string>& roots) const;
  // Grows with every change of the tree. From any thread.
  std::uint64_t tree_version() const { return tree_version_; }

  const std::map<std::string, BoardUnit, std::less<>>& units() const { return units_; }
  // The ids of those with a level that is not green.
  const std::set<std::string, std::less<>>& lit() const { return lit_; }
  std::size_t of_colour(Level level) const { return colours_[static_cast<std::size_t>(level)]; }
  std::size_t grey() const { return grey_; }

  // One JSON text per level that is not green, shadow rules apart, of the units for which `visible`
  // is true.
  std::vector<std::string> levels(
      const std::function<bool(const std::string& unit)>& visible) const;

 private:
  BoardUnit& at(std::string_view unit);

  std::map<std::string, BoardUnit, std::less<>> units_;
  std::set<std::string, std::less<>> lit_;
  std::array<std::size_t, kLevels> colours_{};
  std::size_t grey_ = 0;
  std::map<std::string, std::set<std::string>, std::less<>> children_;  // by parent
  std::atomic<std::uint64_t> tree_version_{0};
};

}  // namespace lianqing
