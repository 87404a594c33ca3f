// The words for the life of warnings that people read, in both languages. One table per enumeration
// of engine/casebook/case.h, in its order.
#pragma once

#include "engine/casebook/case.h"

namespace lianqing {

Bilingual state_words(CaseState state);
Bilingual step_words(StepKind kind);
Bilingual step_cause_words(StepCause cause);  // empty for StepCause::record
Bilingual refusal_words(Refusal refusal);     // what was wrong and what to do; empty for none
Bilingual origin_words(ColourOrigin origin);  // empty for none

}  // namespace lianqing
