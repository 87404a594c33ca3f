// units: the units below in the register's tree, by their measures, attributes and levels.
#include <algorithm>
#include <array>

#include "rules/choices.h"
#include "rules/measures/lowering.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/scope.h"

namespace lianqing {
namespace {

// A number for max and sum; count and share have been checked to be conditions.
bool check_number(const Text& text, ValueType type, bool condition, Names& names) {
  if (condition || type == ValueType::number || type == ValueType::dynamic) return true;
  const Bilingual is = type_name(type);
  report(names.out, "R192", text.inside,
         {"max 与 sum 汇总数字，此处是" + is.zh, "max and sum are of numbers; this is " + is.en},
         type == ValueType::boolean ? Bilingual{"数满足条件的单位用 count 或 share",
                                                "count and share tell how many units fulfil it"}
                                    : Bilingual{});
  return false;
}

void report_idle_coverage(const MeasureSyntax& syntax, Names& names) {
  const bool by_group = syntax.covers.empty();
  const std::string key = by_group ? "group" : "rules";
  report(names.out, "R029", by_group ? syntax.group.at : syntax.covers[0].at,
         {key + " 说明 level 指哪些规则的级别，而表达式没有用到 level",
          "'" + key + "' says whose levels 'level' means, and the expression does not use it"},
         {"去掉 " + key, "remove " + key});
}

}  // namespace

bool lower_roll_up(const MeasureSyntax& syntax, Names& names, MeasureTable& measures,
                   Measure& measure) {
  const auto scope_of = choose(syntax.subject, kScopes, {"范围", "choice of units"}, names.out);
  const auto covers = read_covers(syntax, names);
  if (!syntax.made.present) return false;  // reported
  LowerUnitScope scope(names, [&measures](std::string_view name, const SourceSpan& at) {
    return measures.find(name, at);
  });
  const bool condition = syntax.how == RollUpHow::count || syntax.how == RollUpHow::share;
  auto compiled = compile_text(syntax.made, scope, condition, names);
  if (!compiled || !check_number(syntax.made, compiled->type, condition, names)) return false;
  bool good = check_levels(compiled->expr, names);
  for (const ExprNode& node : compiled->expr.nodes) {
    if (node.op != Op::measure) continue;
    if (node.a >= names.program.measures.size()) return false;  // one that failed
    names.used.insert(names.program.measures[node.a].name);
    good = check_own_measure(names, node.a, "units", node_span(compiled->expr, node)) && good;
  }
  RollUp roll_up;
  roll_up.uses_level = std::any_of(compiled->expr.nodes.begin(), compiled->expr.nodes.end(),
                                   [](const ExprNode& node) { return node.op == Op::level; });
  if (!roll_up.uses_level && (!syntax.covers.empty() || syntax.group.present)) {
    report_idle_coverage(syntax, names);
    return false;
  }
  if (!scope_of || !covers || !good) return false;
  roll_up.scope = *scope_of;
  roll_up.how = syntax.how;
  roll_up.expr = names.tables.add(std::move(compiled->expr));
  roll_up.covers = *covers;
  measure.roll_up = static_cast<std::uint32_t>(names.program.roll_ups.size());
  names.program.roll_ups.push_back(std::move(roll_up));
  return true;
}

}  // namespace lianqing
