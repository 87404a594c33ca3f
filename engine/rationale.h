// Why a level is what it is: values, every leaf of every condition with its margin, the evidence,
// the sentence, and the outlook. Derived from the state at the instant; nothing is stored for it.
#pragma once

#include "engine/judge.h"

namespace lianqing {

// The warning for a change of `instance` from `from` to its present level at t. `out` is written
// anew; what memory it has is used again.
void rationale(const Fold& fold, const UnitState& unit, std::uint32_t instance, Level from,
               Instant t, Seq seq, Warning& out);

// What all warnings of a rule say alike.
void write_always(const Fold& fold, const Rule& rule, Warning& out);

// The change without reasons.
void note(const Fold& fold, const UnitState& unit, std::uint32_t instance, Level from, Instant t,
          HeldChanges& out);

// Makes that warning and gives it out, if somebody listens.
inline void tell(const Fold& fold, const UnitState& unit, std::uint32_t instance, Level from,
                 Instant t, const SeqAt& seq_at, Effects& effects) {
  if (effects.noted != nullptr) return note(fold, unit, instance, from, t, *effects.noted);
  if (!effects.told) return;
  rationale(fold, unit, instance, from, t, seq_at(t), effects.warning);
  effects.told(effects.warning);
}

// The clause that says whether `level` is entered; null if the rule does not define the level.
const Clause* enter_clause(const std::vector<Clause>& why, Level level);

// A key as it is printed.
std::string key_text(const Fold& fold, const Cell& key);

// What would change the level, by moving the unit's windows forward. `why`: the rule's conditions
// at t. `out` is written anew.
void outlook(const Fold& fold, const UnitState& unit, const Instance& instance, Instant t,
             const std::vector<Clause>& why, std::vector<Outlook>& out);

}  // namespace lianqing
