#include "rules/lint/lint.h"

namespace lianqing {
namespace {

using Analysis = void (*)(const LintSubject&, Diagnostics&);
constexpr Analysis kAnalyses[] = {lint_reach, lint_agreement, lint_sizes, lint_optional_fields};

}  // namespace

void lint(const PackSyntax& syntax, const Program& program, Diagnostics& out) {
  Ranges ranges(program);
  for (const Analysis analysis : kAnalyses) analysis({syntax, program, ranges}, out);
}

}  // namespace lianqing
