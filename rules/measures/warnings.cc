// warnings: the unit's own warnings, those that stand or those raised in a window.
#include <algorithm>
#include <array>

#include "rules/choices.h"
#include "rules/measures/lowering.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/scope.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// The first of these keys that is written, for measures that know no time.
const Text* written_window(const MeasureSyntax& syntax) {
  if (syntax.over.present) return &syntax.over;
  return syntax.offset.present ? &syntax.offset : nullptr;
}

// Names of rules and groups that a condition compares with but that the pack does not have.
void check_names(const Expr& expr, Names& names) {
  std::vector<std::string> rules, groups;
  for (const RuleSyntax& rule : names.syntax.rules) {
    rules.push_back(rule.name);
    if (rule.group.present) groups.push_back(rule.group.text);
  }
  for_compared(expr, [&](const ExprNode& name, const Cell& cell, const ExprNode& at) {
    const bool rule =
        name.op == Op::warning_attr && name.a == static_cast<std::uint32_t>(WarningAttribute::rule);
    const bool group = name.op == Op::warning_attr &&
                       name.a == static_cast<std::uint32_t>(WarningAttribute::group);
    if ((!rule && !group) || cell.tag != CellTag::text) return;
    const std::vector<std::string>& known = rule ? rules : groups;
    const std::string& text = names.program.symbols[static_cast<std::size_t>(cell.num)];
    if (std::find(known.begin(), known.end(), text) != known.end()) return;
    const auto nearest = nearest_name(text, known);
    report(names.out, "R194", node_span(expr, at),
           {"没有叫“" + text + "”的" + (rule ? "规则" : "组") + "，条件永远不成立",
            "there is no " + std::string(rule ? "rule" : "group") + " '" + text +
                "': this never holds"},
           nearest ? did_you_mean(*nearest) : Bilingual{});
  });
}

}  // namespace

bool lower_warnings(const MeasureSyntax& syntax, Names& names, Measure& measure) {
  WarningView view;
  const auto active =
      choose(syntax.subject, kStanding, {"预警的取法", "choice of warnings"}, names.out);
  const auto covers = read_covers(syntax, names);
  const auto span = lower_window(syntax, names);
  if (active.value_or(false) && written_window(syntax) != nullptr) {
    report(names.out, "R029", written_window(syntax)->at,
           {"warnings: active 是此刻的预警，没有时间窗口",
            "'warnings: active' means those that stand now and has no window"},
           {"去掉 over 与 offset，或写 warnings: count",
            "remove over and offset, or write warnings: count"});
    return false;
  }
  if (syntax.different.present) {
    view.distinct = warning_attribute(syntax.different.text);
    if (!view.distinct)
      report_choice(syntax.different, {"预警属性", "attribute of a warning"},
                    warning_attribute_names(), names.out);
  }
  if (syntax.where.present) {
    WarningScope scope(names);
    auto compiled = compile_text(syntax.where, scope, true, names);
    if (!compiled || !check_levels(compiled->expr, names)) return false;
    check_names(compiled->expr, names);
    view.where = names.tables.add(std::move(compiled->expr));
  }
  const bool good = view.distinct.has_value() || !syntax.different.present;
  if (!active || !covers || !span || !good) return false;
  view.active = *active;
  view.span = *span;
  view.covers = *covers;
  measure.warnings = static_cast<std::uint32_t>(names.program.warnings.size());
  names.program.warnings.push_back(std::move(view));
  return true;
}

}  // namespace lianqing
