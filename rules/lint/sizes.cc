// Counts of units that differ in size, compared with the same limit: told when the pack declares a
// size of units and does nothing with it.
#include <algorithm>

#include "rules/lint/lint.h"
#include "rules/report.h"

namespace lianqing {

const Rule* counting_rule(const Program& program) {
  for (const Rule& rule : program.rules) {
    if (rule.status == RuleStatus::retired || rule.keyed) continue;
    const bool counts =
        std::any_of(rule.measures.begin(), rule.measures.end(), [&](std::uint32_t index) {
          const Measure& measure = program.measures[index];
          return measure.window != kNone &&
                 (measure.aggregate == Aggregate::count || measure.aggregate == Aggregate::sum);
        });
    if (counts) return &rule;
  }
  return nullptr;
}

void lint_sizes(const LintSubject& subject, Diagnostics& out) {
  const auto& used = subject.program.unit_attributes;
  const Rule* rule = counting_rule(subject.program);
  if (rule == nullptr) return;
  for (const AttributeSyntax& attribute : subject.syntax.attributes) {
    if (attribute.type != ValueType::number) continue;
    if (std::find(used.begin(), used.end(), attribute.name) != used.end()) continue;
    report(out, "R203", attribute.at,
           {"单位属性“" + attribute.name + "”没有用到：规则“" + rule->id +
                "”等用同一界限衡量大小不同的单位",
            "no rule makes use of '" + attribute.name + "': '" + rule->id +
                "' and others hold units of different size to the same limit"},
           {"例如 {value: \"件数 / unit." + attribute.name + "\"}，或删去这个属性",
            "such as {value: \"n / unit." + attribute.name + "\"}; or remove the attribute"});
  }
}

}  // namespace lianqing
