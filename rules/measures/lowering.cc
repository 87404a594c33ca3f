#include "rules/measures/lowering.h"

#include <algorithm>

#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// The measure among it and what it reads that is made of other units or of warnings.
const Measure* far_part(const Program& program, std::uint32_t index) {
  const Measure& measure = program.measures[index];
  if (measure.peers != kNone || measure.roll_up != kNone || measure.warnings != kNone)
    return &measure;
  for (const std::uint32_t read : measure.reads) {
    if (const Measure* part = far_part(program, read)) return part;
  }
  return nullptr;
}

bool is_level(const ExprNode& node) {
  return node.op == Op::level || (node.op == Op::warning_attr &&
                                  node.a == static_cast<std::uint32_t>(WarningAttribute::level));
}

bool is_order(Op op) {
  return op == Op::less || op == Op::less_equal || op == Op::greater || op == Op::greater_equal;
}

std::vector<std::string> level_names() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kLevels; ++i) out.emplace_back(name(static_cast<Level>(i)));
  return out;
}

void report_order(const Expr& expr, const ExprNode& node, Names& names) {
  report(names.out, "R189", node_span(expr, node),
         {"级别不能这样比较大小", "levels cannot be compared by order"},
         {"写成 level in ['yellow', 'red'] 或 level == 'red'",
          "write level in ['yellow', 'red'] or level == 'red'"});
}

}  // namespace

bool check_own_measure(const Names& names, std::uint32_t measure, std::string_view reader,
                       const SourceSpan& at) {
  const Measure& read = names.program.measures[measure];
  const std::string by(reader);
  if (read.keyed) {
    report(names.out, "R188", at,
           {"“" + read.name + "”按 per 分组，" + by + " 需要每个单位一个数",
            "'" + read.name + "' has a 'per', and '" + by + "' wants one number for each unit"},
           {"定义一个不带 per 的指标", "make a measure without per"});
    return false;
  }
  const Measure* part = far_part(names.program, measure);
  if (part == nullptr) return true;
  const bool itself = part == &read;
  report(names.out, "R188", at,
         {"“" + read.name + "”" + (itself ? "" : "读了“" + part->name + "”，") +
              "来自其他单位或预警，" + by + " 不能再汇总",
          "'" + read.name + "'" + (itself ? " is" : " reads '" + part->name + "', which is") +
              " made of other units or of warnings: '" + by + "' cannot read it"},
         {"改用由本单位事件算出的指标", "take a measure of a unit's own events"});
  return false;
}

std::optional<std::vector<std::uint32_t>> read_covers(const MeasureSyntax& syntax, Names& names) {
  const std::vector<RuleSyntax>& rules = names.syntax.rules;
  std::vector<std::uint32_t> out;
  std::vector<std::string> ids, groups;
  for (const RuleSyntax& rule : rules) {
    ids.push_back(rule.name);
    if (rule.group.present) groups.push_back(rule.group.text);
  }
  auto unknown = [&](const Text& text, const char* zh, const char* en,
                     const std::vector<std::string>& known) {
    const auto nearest = nearest_name(text.text, known);
    report(names.out, "R150", text.at,
           {"没有" + std::string(zh) + "“" + text.text + "”",
            "unknown " + std::string(en) + " '" + text.text + "'"},
           nearest ? did_you_mean(*nearest) : Bilingual{});
  };
  bool good = true;
  if (!syntax.covers.empty() && syntax.group.present) {
    report(names.out, "R029", syntax.group.at,
           {"group 不能与 rules 同用", "'group' does not go with 'rules'"},
           {"只写其中一个", "write one of them"});
    good = false;
  }
  for (const Text& text : syntax.covers) {
    const auto at = std::find(ids.begin(), ids.end(), text.text);
    if (at == ids.end()) {
      unknown(text, "规则", "rule", ids);
      good = false;
      continue;
    }
    const auto index = static_cast<std::uint32_t>(at - ids.begin());
    const RuleStatus status = rules[index].status;
    if (status == RuleStatus::draft || status == RuleStatus::retired) {
      report(names.out, "R193", text.at,
             {"规则“" + text.text + "”是草稿或已停用，不会有级别",
              "rule '" + text.text + "' is a draft or retired: it never has a level"},
             {"去掉它，或启用这条规则", "remove it, or put the rule into use"});
    }
    out.push_back(index);
  }
  const Text& group = syntax.group;
  if (group.present && std::find(groups.begin(), groups.end(), group.text) == groups.end()) {
    unknown(group, "规则组", "group of rules", groups);
    good = false;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return good ? std::optional(std::move(out)) : std::nullopt;
}

void for_compared(const Expr& expr, const OnCompared& take) {
  for (const ExprNode& node : expr.nodes) {
    if (node.op == Op::equal || node.op == Op::unequal) {
      const ExprNode &a = expr.nodes[node.a], &b = expr.nodes[node.b];
      if (b.op == Op::constant) take(a, expr.constants[b.a], b);
      if (a.op == Op::constant) take(b, expr.constants[a.a], a);
    } else if (node.op == Op::in && expr.nodes[node.b].op == Op::list) {
      const ExprNode& list = expr.nodes[node.b];
      for (std::uint32_t i = 0; i < list.b; ++i)
        take(expr.nodes[node.a], expr.constants[list.a + i], list);
    }
  }
}

bool check_levels(const Expr& expr, Names& names) {
  bool good = true;
  for (const ExprNode& node : expr.nodes) {
    if (!is_order(node.op)) continue;
    if (!is_level(expr.nodes[node.a]) && !is_level(expr.nodes[node.b])) continue;
    report_order(expr, node, names);
    good = false;
  }
  for_compared(expr, [&](const ExprNode& level, const Cell& cell, const ExprNode& at) {
    if (!is_level(level) || cell.tag != CellTag::text) return;
    const std::vector<std::string> known = level_names();
    const std::string& text = names.program.symbols[static_cast<std::size_t>(cell.num)];
    if (std::find(known.begin(), known.end(), text) != known.end()) return;
    const auto nearest = nearest_name(text, known);
    report(names.out, "R189", node_span(expr, at),
           {"没有级别“" + text + "”", "'" + text + "' is no level"},
           nearest ? did_you_mean(*nearest)
                   : Bilingual{"级别有 'green'、'yellow'、'red'",
                               "the levels are 'green', 'yellow' and 'red'"});
    good = false;
  });
  return good;
}

}  // namespace lianqing
