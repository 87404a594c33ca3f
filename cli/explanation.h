// A warning (or a level that stands) told in full to a person, in one language.
#pragma once

#include <string>

#include "lianqing/warning.h"
#include "rules/program.h"

namespace lianqing {

struct Style {
  bool chinese = false;
  bool colour = false;
};

// `changed`: tell the transition; else the level as it stands.
std::string explanation(const Warning& warning, const Program& program, bool changed, Style style);

std::string painted(Level level, Style style);  // symbol and word, coloured if the style says so

}  // namespace lianqing
