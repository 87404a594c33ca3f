// Advice about a pack that compiles: what its author most likely did not mean. One analysis per
// file; each gives codes R200 and up. Facts of the language that every pack must keep are check's.
#pragma once

#include "rules/lint/ranges.h"
#include "rules/syntax.h"

namespace lianqing {

// What every analysis looks at.
struct LintSubject {
  const PackSyntax& syntax;
  const Program& program;
  Ranges& ranges;
};

// All analyses; only for a program without errors. Findings are added to `out`, in no order.
void lint(const PackSyntax& syntax, const Program& program, Diagnostics& out);

// ---- the analyses, in the order of the table in lint.cc

// Levels that nothing can raise (R200) or end (R201), and exits that hold as soon as the level is
// entered (R206).
void lint_reach(const LintSubject& subject, Diagnostics& out);
// Rules that say the same at every instant (R202).
void lint_agreement(const LintSubject& subject, Diagnostics& out);
// A size of units that no rule makes use of (R203).
void lint_sizes(const LintSubject& subject, Diagnostics& out);
// The first rule that holds a plain number of events or a sum to a limit above one; null if none.
const Rule* counting_rule(const Program& program);
// Conditions over events on fields that may be missing (R204, R205).
void lint_optional_fields(const LintSubject& subject, Diagnostics& out);

}  // namespace lianqing
