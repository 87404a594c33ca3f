// Two rules of the same conditions over the same measures, whatever these are called.
#include <map>

#include "rules/canonical.h"
#include "rules/lint/lint.h"
#include "rules/report.h"

namespace lianqing {
namespace {

class Meanings {
 public:
  explicit Meanings(const Program& program) : program_(program) {
    std::map<std::string, std::uint32_t> first;
    for (std::uint32_t i = 0; i < program.measures.size(); ++i) {
      same_.push_back(i);
      same_[i] = first.try_emplace(text_of(program.measures[i], i), i).first->second;
    }
  }

  // What the rule says, without what it is called and who keeps it.
  std::string text_of(const Rule& rule) const {
    std::string out = condition(rule.needs) + (rule.step_down ? "down" : "");
    for (const LevelRule& level : rule.levels) {
      out += "|" + condition(level.enter) + "/" + condition(level.exit) + "/" +
             span(level.confirm) + "/" + span(level.hold);
    }
    for (const Exception& exception : rule.exceptions) out += "|" + exception.unit;
    if (rule.from) out += "|from " + std::to_string(rule.from->time_since_epoch().count());
    if (rule.to) out += "|to " + std::to_string(rule.to->time_since_epoch().count());
    return out;
  }

 private:
  static std::string span(const Span& span) {
    return std::to_string(span.amount) + (span.workdays ? "w" : "");
  }

  // With measures of the same meaning under one name.
  std::string condition(std::uint32_t index) const {
    if (index == kNone) return "-";
    Expr expr = program_.exprs[index];
    for (ExprNode& node : expr.nodes) {
      if (node.op == Op::measure && node.a < same_.size()) node.a = same_[node.a];
    }
    return canonical_text(program_, expr);
  }

  // Measures that look beyond their unit stand for themselves.
  std::string text_of(const Measure& m, std::uint32_t index) const {
    if (m.peers != kNone || m.roll_up != kNone || m.warnings != kNone)
      return "#" + std::to_string(index);
    std::string out = std::to_string(static_cast<int>(m.aggregate));
    for (const std::uint32_t part : {m.window, m.item, m.item_where, m.key})
      out += " " + std::to_string(part);
    out += " " + span(m.margin) + " " + m.q.to_string() + " " +
           std::to_string(m.half_life.count()) + " " + condition(m.value);
    return out + " " + std::to_string(static_cast<int>(m.empty.tag)) + ":" +
           std::to_string(m.empty.num) + "/" + std::to_string(m.empty.den);
  }

  const Program& program_;
  std::vector<std::uint32_t> same_;
};

}  // namespace

void lint_agreement(const LintSubject& subject, Diagnostics& out) {
  const Meanings meanings(subject.program);
  std::map<std::string, const Rule*> known;
  for (const Rule& rule : subject.program.rules) {
    if (rule.status == RuleStatus::retired) continue;
    const auto [first, added] = known.try_emplace(meanings.text_of(rule), &rule);
    if (added) continue;
    report(out, "R202", rule.at,
           {"规则“" + rule.id + "”与“" + first->second->id + "”的条件相同，总是一起亮、一起灭",
            "rule '" + rule.id + "' has the conditions of '" + first->second->id +
                "': they always agree"},
           {"合成一条，或改动其中一条的界限", "make one rule of them, or change a limit of one"});
  }
}

}  // namespace lianqing
