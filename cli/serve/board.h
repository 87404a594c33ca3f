// Which unit stands where: the colours and levels that the newest transitions left behind, by unit.
// Derived from the fold, kept for quick answers; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/replay.h"

namespace lianqing {

struct Standing {
  Level level = Level::green;
  Instant since;
  bool shadow = false;
};

struct BoardUnit {
  std::map<std::pair<std::string, std::string>, Standing> standing;  // (rule, key); no greens
  Level colour = Level::green;                                       // shadow rules apart
  bool registered = false;
};

class Board {
 public:
  void meet(std::string_view unit);
  void meet_registered(const std::string& unit);
  void move(const Leaving& leaving);
  // A level found in a stored state.
  void place(const std::string& unit, const std::string& rule, const std::string& key,
             Standing standing);

  const std::map<std::string, BoardUnit, std::less<>>& units() const { return units_; }
  std::size_t of_colour(Level level) const { return colours_[static_cast<std::size_t>(level)]; }

  // One JSON text per level that is not green, shadow rules apart.
  std::vector<std::string> levels() const;

 private:
  BoardUnit& at(std::string_view unit);
  void recolour(BoardUnit& unit);

  std::map<std::string, BoardUnit, std::less<>> units_;
  std::array<std::size_t, kLevels> colours_{};
};

}  // namespace lianqing
