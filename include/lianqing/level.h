// The three levels of a warning. The ordinals are fixed and stored; labels and colours per place
// are configuration. Grey (no data), shadow and the like are marks beside a level, never levels.
#pragma once

#include <cstdint>
#include <string_view>

namespace lianqing {

enum class Level : std::uint8_t { green = 0, yellow = 1, red = 2 };

inline constexpr int kLevels = 3;

constexpr std::string_view name(Level level) {
  switch (level) {
    case Level::green: return "green";
    case Level::yellow: return "yellow";
    case Level::red: return "red";
  }
  return "green";
}

}  // namespace lianqing
