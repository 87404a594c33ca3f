// Why a level is what it is: values, every leaf of every condition with its margin, the evidence,
// the sentence, and the outlook. Derived from the state at the instant; nothing is stored for it.
#pragma once

#include "engine/judge.h"

namespace lianqing {

// The warning for a change of `instance` from `from` to its present level at t.
Warning rationale(const Fold& fold, const UnitState& unit, std::uint32_t instance, Level from,
                  Instant t, Seq seq);

// The id depends on meaning alone: rules, unit, rule, key, time and `to`.
std::string warning_id(const Warning& warning);

// A key as it is printed.
std::string key_text(const Fold& fold, const Cell& key);

// What would change the level, by folding a fork of the unit forward.
std::vector<Outlook> outlook(const Fold& fold, const UnitState& unit, const Instance& instance,
                             Instant t);

}  // namespace lianqing
