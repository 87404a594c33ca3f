#include "rules/check.h"

#include <algorithm>

#include "rules/canonical.h"
#include "rules/duration.h"
#include "rules/lint/ranges.h"
#include "rules/operators.h"
#include "rules/report.h"

namespace lianqing {
namespace {

// `measure op limit`, the measure on the left.
struct Comparison {
  std::uint32_t measure = kNone;
  Op op = Op::equal;
  Number limit;

  bool rising() const { return op == Op::greater || op == Op::greater_equal; }
  bool falling() const { return op == Op::less || op == Op::less_equal; }
  bool inclusive() const { return op == Op::greater_equal || op == Op::less_equal; }
};

std::optional<Number> number_of(const Program& program, const Expr& expr, std::uint32_t at) {
  const ExprNode& node = expr.nodes[at];
  if (node.op == Op::negate) {
    const auto inner = number_of(program, expr, node.a);
    return inner ? std::optional(-*inner) : std::nullopt;
  }
  if (node.op != Op::constant && node.op != Op::param) return std::nullopt;
  const Cell& cell =
      node.op == Op::constant ? expr.constants[node.a] : program.params[node.a].value;
  if (cell.tag != CellTag::number) return std::nullopt;
  return Number::ratio(cell.num, cell.den);
}

std::optional<Comparison> comparison_at(const Program& program, const Expr& expr,
                                        const ExprNode& node) {
  const bool compares = node.op == Op::equal || node.op == Op::less || node.op == Op::less_equal ||
                        node.op == Op::greater || node.op == Op::greater_equal;
  if (!compares) return std::nullopt;
  const ExprNode &a = expr.nodes[node.a], &b = expr.nodes[node.b];
  if (a.op == Op::measure && a.a < program.measures.size()) {
    if (const auto limit = number_of(program, expr, node.b))
      return Comparison{a.a, node.op, *limit};
  }
  if (b.op == Op::measure && b.a < program.measures.size()) {
    if (const auto limit = number_of(program, expr, node.a))
      return Comparison{b.a, mirrored(node.op), *limit};
  }
  return std::nullopt;
}

// The whole condition, if it is one comparison.
std::optional<Comparison> simple(const Program& program, std::uint32_t index) {
  if (index == kNone || !program.exprs[index].present()) return std::nullopt;
  const Expr& expr = program.exprs[index];
  return comparison_at(program, expr, expr.nodes[expr.root()]);
}

// Whether some number satisfies both; only for orders.
bool overlap(const Comparison& a, const Comparison& b) {
  if (a.rising() == b.rising()) return true;
  const Comparison &low = a.rising() ? a : b, &high = a.rising() ? b : a;
  return low.limit < high.limit || (low.limit == high.limit && low.inclusive() && high.inclusive());
}

class Checker {
 public:
  Checker(const PackSyntax& syntax, std::span<const SourceText> files, const Program& program,
          const Lowered& lowered, Diagnostics& out)
      : syntax_(syntax),
        files_(files),
        program_(program),
        lowered_(lowered),
        ranges_(program),
        out_(out) {}

  void run() {
    // A text that could not be read may use what looks unused.
    complete_ = !has_error(out_);
    for (const Rule& rule : program_.rules) check_rule(rule);
    check_sensitive(syntax_, program_, out_);
    for (const Param& param : program_.params) check_param_name(param);
    if (complete_) check_unused();
    if (syntax_.rules.empty()) {
      report(out_, "R179", syntax_.head.at, {"规则包里没有规则", "the pack has no rules"},
             {"加上 rules:", "add rules:"});
    }
  }

 private:
  void check_rule(const Rule& rule) {
    if (complete_ && rule.status != RuleStatus::retired) check_papers(rule);
    for (const Level level : {Level::yellow, Level::red}) check_band(rule, level);
    check_order(rule);
    check_possible(rule.needs);
    for (const LevelRule& level : rule.levels) check_possible(level.enter);
  }

  // Who answers for the rule, what it is called, on what it is founded.
  void check_papers(const Rule& rule) {
    Bilingual missing, advice;
    auto want = [&](bool there, const Bilingual& what, const char* zh, const char* en) {
      if (there) return;
      missing.zh += (missing.zh.empty() ? "" : "、") + what.zh;
      missing.en += (missing.en.empty() ? "" : ", no ") + what.en;
      advice.zh += (advice.zh.empty() ? "加上 " : "，") + std::string(zh);
      advice.en += (advice.en.empty() ? "add " : ", ") + std::string(en);
    };
    want(!rule.title.empty(), {"标题", "title"}, "title: {zh: …, en: …}",
         "title: {zh: ..., en: ...}");
    want(!rule.owner.empty(), {"负责岗位", "owner"}, "owner: 岗位", "owner: DESK");
    want(!rule.basis.empty(), {"依据", "basis"}, "basis: {zh: 文件条款}",
         "basis: {en: document and article}");
    if (missing.zh.empty()) return;
    report(
        out_, "R165", rule.at,
        {"规则“" + rule.id + "”没有" + missing.zh, "rule '" + rule.id + "' has no " + missing.en},
        std::move(advice));
  }

  void check_band(const Rule& rule, Level level) {
    const LevelRule& at = rule.levels[static_cast<std::size_t>(level)];
    const auto enter = simple(program_, at.enter), exit = simple(program_, at.exit);
    if (!enter || !exit || enter->measure != exit->measure) return;
    if (enter->op == Op::equal || exit->op == Op::equal || !overlap(*enter, *exit)) return;
    const std::string &in = program_.exprs[at.enter].source, &back = program_.exprs[at.exit].source;
    report(out_, "R159", program_.exprs[at.exit].at,
           {"退出条件“" + back + "”与进入条件“" + in + "”可同时成立",
            "the exit '" + back + "' and the enter '" + in + "' can hold at once"},
           {"退出线应在进入线的另一侧",
            "the limit to leave lies on the other side of the limit to enter"});
  }

  void check_order(const Rule& rule) {
    const LevelRule &yellow = rule.levels[1], &red = rule.levels[2];
    if (yellow.enter == kNone || red.enter == kNone) return;
    const Expr &low = program_.exprs[yellow.enter], &high = program_.exprs[red.enter];
    const auto a = simple(program_, yellow.enter), b = simple(program_, red.enter);
    if (a && b && a->measure == b->measure && a->rising() == b->rising() &&
        a->falling() == b->falling() && a->op != Op::equal &&
        (a->rising() ? b->limit < a->limit : a->limit < b->limit)) {
      report(out_, "R160", low.at,
             {"黄线“" + low.source + "”比红线“" + high.source + "”更严",
              "yellow '" + low.source + "' is beyond red '" + high.source + "'"},
             {"对调两条线", "exchange the two limits"});
    } else if (readable(low) && readable(high) &&
               canonical_text(program_, low) == canonical_text(program_, high) &&
               yellow.confirm == red.confirm) {
      report(out_, "R177", low.at,
             {"黄色与红色的条件相同，永远不会停在黄色",
              "yellow and red have the same condition: yellow is never seen"},
             {"让红色更严，或删去黄色", "make red stricter or remove yellow"});
    }
  }

  // All measures it reads were made.
  bool readable(const Expr& expr) const {
    return std::none_of(expr.nodes.begin(), expr.nodes.end(), [](const ExprNode& node) {
      return node.op == Op::measure && node.a == kNone;
    });
  }

  // Comparisons that are always or never true, of numbers that stay in bounds.
  void check_possible(std::uint32_t index) {
    if (index == kNone) return;
    const Expr& expr = program_.exprs[index];
    for (const ExprNode& node : expr.nodes) {
      const auto found = comparison_at(program_, expr, node);
      if (!found) continue;
      const Interval& bounds = ranges_.all()[found->measure];
      const Bilingual& why = ranges_.why(found->measure);
      if (why.empty()) continue;
      const bool below = bounds.low && found->limit < *bounds.low;
      const bool lowest = bounds.low && found->limit == *bounds.low;
      const bool above = bounds.high && *bounds.high < found->limit;
      const bool highest = bounds.high && found->limit == *bounds.high;
      const bool always = (found->op == Op::greater_equal && (below || lowest)) ||
                          (found->op == Op::greater && below) ||
                          (found->op == Op::less_equal && (above || highest)) ||
                          (found->op == Op::less && above);
      const bool never =
          (found->op == Op::less && (below || lowest)) || (found->op == Op::less_equal && below) ||
          (found->op == Op::greater && (above || highest)) ||
          (found->op == Op::greater_equal && above) || (found->op == Op::equal && (below || above));
      if (!always && !never) continue;
      const std::string text = expr.source.substr(node.begin, node.end - node.begin);
      report(out_, "R178", expr.at,
             {"“" + text + "”" + (always ? "总是" : "永远不") + "成立：" + why.zh,
              "'" + text + "' " + (always ? "always" : "never") + " holds: " + why.en},
             {"检查这个界限", "look at this limit"});
    }
  }

  void check_param_name(const Param& param) {
    const auto period = parse_calendar_span(param.name);
    if (!period) return;
    report(out_, "R183", param.at,
           {"参数“" + param.name + "”与日历周期同名，over: " + param.name + " 指的是参数",
            "param '" + param.name + "' is named like a calendar period: over: " + param.name +
                " means the param"},
           {"换一个名称", "give it another name"});
  }

  template <class T>
  void check_used(const std::vector<T>& section, std::string_view code, const Bilingual& what,
                  const std::set<std::string, std::less<>>& used) {
    for (const T& named : section) {
      // What an extended pack holds in store is for whoever wants it.
      if (used.contains(named.name) || files_[named.at.file].layer != 0) continue;
      report(
          out_, code, named.at,
          {what.zh + "“" + named.name + "”没有用到", what.en + " '" + named.name + "' is not used"},
          {"删去它，或在规则中使用", "remove it, or use it in a rule"});
    }
  }

  void check_unused() {
    check_used(syntax_.params, "R161", {"参数", "param"}, lowered_.used);
    check_used(syntax_.measures, "R162", {"指标", "measure"}, lowered_.used);
    check_used(syntax_.lists, "R163", {"列表", "list"}, lowered_.used);
    check_used(syntax_.macros, "R163", {"宏", "macro"}, lowered_.used);
    check_used(syntax_.items, "R164", {"事项", "item"}, lowered_.used_items);
  }

  const PackSyntax& syntax_;
  std::span<const SourceText> files_;
  const Program& program_;
  const Lowered& lowered_;
  const Ranges ranges_;
  Diagnostics& out_;
  bool complete_ = false;
};

}  // namespace

void check(const PackSyntax& syntax, std::span<const SourceText> files, const Program& program,
           const Lowered& lowered, Diagnostics& out) {
  Checker(syntax, files, program, lowered, out).run();
}

}  // namespace lianqing
