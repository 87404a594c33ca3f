// What a place calls the levels, what a warning obliges whom to do, and which sources must report.
// Tables of Program.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/level.h"
#include "lianqing/number.h"
#include "rules/span.h"

namespace lianqing {

// What a place calls a level.
struct LevelLabel {
  Bilingual label, meaning;
  std::string symbol;
};

// An extra level for the eye (blue, orange): ranks above `base` and below the next ordinal, and
// counts as `base` wherever ordinals count.
struct Shade {
  std::string name;
  Level base = Level::green;
  LevelLabel label;
};

// One thing to be done about a warning: sign, plan, finish, interview ...
struct DutyStep {
  std::string name;
  Bilingual title;
  std::string role;  // who must
  Span limit;        // from the warning's issue
};

// What happens when a duty step is late: `after` its deadline the case is brought to `role`.
struct LadderStep {
  std::string name;
  Bilingual title;
  std::string role;
  Span after;
};

struct DutyLevel {
  std::vector<DutyStep> steps;
  Span observe;         // 0: cleared at once
  Span extension;       // longest extension; 0: none
  bool triage = false;  // a person must confirm before it is issued
};

struct Duty {
  std::string name;
  Bilingual title;
  std::array<DutyLevel, kLevels> levels;  // [yellow], [red]
  std::vector<LadderStep> ladder;         // sorted by `after`
  SourceSpan at;
};

// A source that must report: after `silent_after` without a record the units it fed are grey.
struct SourceWatch {
  std::string source;
  Bilingual title;
  Span silent_after;
  SourceSpan at;
};

// Flapping: the weighted share of changes among the last `window` judged levels of a unit's rule.
struct Flapping {
  int window = 21;
  Number high = Number::ratio(1, 2), low = Number::ratio(1, 4);
};

}  // namespace lianqing
