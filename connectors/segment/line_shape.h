// A line of JSON cut into what is the same in many lines (its shape: names, brackets, commas, white
// space, the type) and what is not: the values of its members, the holes. Shape and holes together
// are the line again, byte for byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/time.h"

namespace lianqing {

enum class HoleKind : std::uint8_t {
  raw,      // a list, a number spelled in a way of its own: as it stands
  text,     // what stands between the quotes, escapes included
  integer,  // value
  decimal,  // value / 10^scale, spelled with `scale` decimals
  boolean,  // value: 0 or 1
  time,     // value: microseconds since 1970 UTC; `scale` decimals, then `text`, the zone
};

struct Hole {
  HoleKind kind = HoleKind::raw;
  std::string_view text;  // raw, text, and the zone of a time
  std::int64_t value = 0;
  int scale = 0;
};

struct LineShape {
  std::string skeleton;  // the line with a zero byte and the digit of its kind for each hole
  std::vector<Hole> holes;
};

// Microseconds since 1970 that a hole of the kind `time` may hold: years 1 to 9999 in any zone.
inline constexpr std::int64_t kFirstTimeHole = micros(Date{std::chrono::year{1} / 1 / 2});
inline constexpr std::int64_t kLastTimeHole = micros(Date{std::chrono::year{9999} / 12 / 30});

// Cuts `line` and points into it; false if it is not such a line. A line that is cut need not be
// JSON, still less an event.
bool cut_line(std::string_view line, LineShape& out);

// The path of each hole of a skeleton that cut_line() made: names, as they stand in the line, with
// kPathStep between them. No name of JSON can have that byte in it.
inline constexpr char kPathStep = '\x1f';
std::vector<std::string> hole_paths(std::string_view skeleton);

// The text of a hole: what cut_line() found there.
void append_hole(std::string& out, const Hole& hole);

}  // namespace lianqing
