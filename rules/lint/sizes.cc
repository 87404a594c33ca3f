// Counts of units that differ in size, compared with the same limit: told when the pack declares a
// size of units and does nothing with it.
#include <algorithm>

#include "rules/lint/lint.h"
#include "rules/report.h"

namespace lianqing {

namespace {

bool is_counted(const Program& program, std::uint32_t index) {
  if (index >= program.measures.size()) return false;
  const Measure& measure = program.measures[index];
  return measure.window != kNone &&
         (measure.aggregate == Aggregate::count || measure.aggregate == Aggregate::sum);
}

// Whether the condition holds such a number to a limit above one: "any at all" is fair to all.
bool limits_a_count(const Program& program, std::uint32_t index) {
  if (index == kNone) return false;
  const Expr& expr = program.exprs[index];
  return std::any_of(expr.nodes.begin(), expr.nodes.end(), [&](const ExprNode& node) {
    if (node.op != Op::greater && node.op != Op::greater_equal) return false;
    const ExprNode &left = expr.nodes[node.a], &right = expr.nodes[node.b];
    if (left.op != Op::measure || !is_counted(program, left.a)) return false;
    if (right.op != Op::constant && right.op != Op::param) return false;
    const Cell& limit =
        right.op == Op::constant ? expr.constants[right.a] : program.params[right.a].value;
    return limit.tag == CellTag::number && limit.num > limit.den;
  });
}

}  // namespace

const Rule* counting_rule(const Program& program) {
  for (const Rule& rule : program.rules) {
    if (rule.status == RuleStatus::retired || rule.keyed) continue;
    const bool counts =
        std::any_of(rule.levels.begin(), rule.levels.end(),
                    [&](const LevelRule& level) { return limits_a_count(program, level.enter); });
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
    // Of a pack that is extended: it may declare what others use.
    const auto& sources = subject.program.sources;
    if (attribute.at.file < sources.size() && sources[attribute.at.file].layer > 0) continue;
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
