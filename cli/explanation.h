// A warning (or a level that stands) told in full to a person, in one language.
#pragma once

#include <cstdint>
#include <string>

#include "lianqing/warning.h"
#include "rules/program.h"

namespace lianqing {

struct Style {
  bool chinese = false;
  bool colour = false;
};

// What is told: a transition, one that new rules saw in the past, or the level as it stands.
enum class Told : std::uint8_t { change, backfilled, standing };
std::string explanation(const Warning& warning, const Program& program, Told told, Style style);

std::string painted(Level level, Style style);  // symbol and word, coloured if the style says so

}  // namespace lianqing
