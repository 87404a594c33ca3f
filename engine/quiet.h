// Where judging a rule again cannot change anything. A rule whose conditions are comparisons of
// counts and sums with constant numbers, joined by and, or, not, says the same while each of these
// values stays between the same two cuts; as long as none of its clocks runs out, it need not be
// judged. Such rules are quiet: they are looked up by the cuts that a value passes, so that an
// event costs what it changes and not what looks at it.
#pragma once

#include <optional>
#include <vector>

#include "lianqing/number.h"
#include "rules/program.h"

namespace lianqing {

// A value of a window at which a condition of a rule may change: it says the same of all values
// below, down to the next cut, and the same of this one and those above, up to the next.
struct Cut {
  std::uint32_t window = kNone;
  bool sums = false;  // the window's sum; else its count
  Wide at = 0;        // millionths
};

// The cuts of a rule; nothing if it is to be judged whenever something that it reads moves.
std::optional<std::vector<Cut>> cuts_of(const Program& program, const Rule& rule);

// Values beyond are rounded when they are compared: no cut tells of them.
inline constexpr Wide kBeyondCuts = Wide{1} << 62;

struct RuleCut {
  Wide at = 0;
  std::uint32_t rule = kNone;
};

// The rules that read one window.
struct WindowReaders {
  std::vector<RuleCut> counts, sums;  // of quiet rules, by `at`
  std::vector<std::uint32_t> loud;    // judged whenever the window moves
  bool has_quiet = false;             // there may be quiet ones without cuts: their texts read it
  std::uint32_t place = 0;            // of the window, among those of its stream
};

struct Quiet {
  Quiet() = default;
  // `window_rules`: window -> judged rules that read it.
  Quiet(const Program& program, const std::vector<std::vector<std::uint32_t>>& window_rules,
        const std::vector<std::vector<std::uint32_t>>& stream_windows);

  std::vector<bool> rules;
  std::vector<std::vector<std::uint32_t>> rule_windows;  // quiet rule -> windows it reads
  std::vector<WindowReaders> windows;
};

}  // namespace lianqing
