// Points in time as test files write them, counted from the start of a test.
//   moment = ( "+" | "-" ) lengths | DATE | DATE "T" HH:MM [ ":" SS ] | RFC 3339 ;
//   lengths = length { length } ;  length as in rules/duration.h: 2d3h, 90s, 1w, 3 workdays, 2天
// A date is its local midnight; a time without an offset is local. N workdays on is the same local
// time of the Nth working day after.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "rules/program.h"

namespace lianqing {

// What a moment is counted from.
struct Timebase {
  const Program& program;  // its zone and calendar
  Instant start;
};

// Fails with what is wrong, as a sentence.
[[nodiscard]] Outcome<Instant, Bilingual> parse_moment(std::string_view text, const Timebase& base);

// `2d3h`; nothing if it is none.
std::optional<std::vector<Span>> parse_lengths(std::string_view text);
[[nodiscard]] Outcome<Instant, Bilingual> moved(Instant from, const std::vector<Span>& by,
                                                bool back, const Program& program);

// `+2d3h`, as a test would write it.
std::string from_start(Instant t, Instant start);

}  // namespace lianqing
