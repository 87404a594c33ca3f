// Rules: conditions, sentences, validity, exceptions.
#include <algorithm>

#include "rules/lower.h"
#include "rules/operators.h"
#include "rules/report.h"
#include "rules/scope.h"
#include "rules/suggest.h"
#include "rules/template.h"

namespace lianqing {
namespace {

Bilingual written_as(const std::string& right) { return {"写成 " + right, "write it as " + right}; }

std::optional<Date> read_date(const Text& text, Names& names) {
  if (!text.present) return std::nullopt;
  const auto date = parse_date(text.text);
  if (!date) {
    report(names.out, "R024", text.at,
           {"“" + text.text + "”不是日期", "'" + text.text + "' is no date"},
           written_as(date_meant(text.text).value_or("2026-03-01")));
  }
  return date;
}

LocalDay local(Date date) { return LocalDay{date.time_since_epoch()}; }

class RuleLowering {
 public:
  RuleLowering(const RuleSyntax& syntax, Names& names, MeasureTable& measures)
      : syntax_(syntax),
        names_(names),
        scope_(
            names,
            [&measures](std::string_view name, const SourceSpan& at) {
              return measures.find(name, at);
            },
            true) {}

  Rule make() {
    Rule rule;
    rule.id = syntax_.name;
    rule.at = syntax_.at;
    rule.title = syntax_.title;
    rule.basis = syntax_.basis;
    rule.group = syntax_.group.text;
    rule.owner = syntax_.owner.text;
    lower_duty_of(syntax_, rule, names_);
    rule.status = syntax_.status;
    lower_validity(rule);
    lower_exceptions(rule);
    rule.needs = condition(syntax_.needs);
    rule.step_down = syntax_.step_down;
    for (std::size_t i = 0; i < syntax_.levels.size(); ++i)
      lower_level(syntax_.levels[i], rule.levels[i], rule);
    lower_sentence(syntax_.because_zh, rule.because_zh);
    lower_sentence(syntax_.because_en, rule.because_en);
    gather_measures(rule);
    return rule;
  }

 private:
  std::uint32_t condition(const Text& text) {
    auto compiled = compile_text(text, scope_, true, names_);
    return compiled ? take(std::move(*compiled)) : kNone;
  }

  std::uint32_t take(CompiledExpr compiled) {
    add_measures(compiled.expr, read_);
    if (!key_at_) key_at_ = key_place(compiled.expr);
    return names_.tables.add(std::move(compiled.expr));
  }

  void lower_level(const LevelSyntax& syntax, LevelRule& level, Rule& rule) {
    level.present = syntax.present;
    level.at = syntax.at;
    level.enter = condition(syntax.enter);
    level.exit = condition(syntax.exit);
    level.confirm = read_span(syntax.confirm, names_, {}).value_or(Span{});
    level.hold = read_span(syntax.hold, names_, {}).value_or(Span{});
    level.step_down = syntax.step_down.value_or(false);
    if (syntax.step_down) rule.step_down = *syntax.step_down;  // red comes last: it decides
  }

  void lower_sentence(const Text& text, Template& sentence) {
    if (!text.present) return;
    auto made = compile_template(
        text.text, text.inside, scope_, [this](CompiledExpr expr) { return take(std::move(expr)); },
        names_.out);
    if (made) sentence = std::move(*made);
  }

  void lower_validity(Rule& rule) {
    const auto from = read_date(syntax_.from, names_), to = read_date(syntax_.to, names_);
    if (from) rule.from = names_.program.zone.start_of(local(*from));
    if (to) rule.to = names_.program.zone.end_of(local(*to));
    if (from && to && *to < *from) {
      report(names_.out, "R174", syntax_.to.at, {"to 早于 from", "'to' is before 'from'"},
             {"对调两个日期", "exchange the two dates"});
    }
  }

  void lower_exceptions(Rule& rule) {
    for (const ExceptionSyntax& syntax : syntax_.exceptions) {
      Exception exception{syntax.unit.text, syntax.reason.text, syntax.by.text, {}};
      if (const auto until = read_date(syntax.until, names_)) {
        exception.until = names_.program.zone.end_of(local(*until));
      }
      rule.exceptions.push_back(std::move(exception));
    }
    std::stable_sort(rule.exceptions.begin(), rule.exceptions.end(),
                     [](const Exception& a, const Exception& b) { return a.unit < b.unit; });
  }

  // All that conditions and sentences read, through `value` too; and the rule's key.
  void gather_measures(Rule& rule) {
    const std::vector<Measure>& all = names_.program.measures;
    std::vector<std::uint32_t> open(read_.begin(), read_.end());
    std::set<std::uint32_t> seen;
    while (!open.empty()) {
      const std::uint32_t next = open.back();
      open.pop_back();
      if (next >= all.size() || !seen.insert(next).second) continue;
      open.insert(open.end(), all[next].reads.begin(), all[next].reads.end());
    }
    rule.measures.assign(seen.begin(), seen.end());
    std::sort(rule.measures.begin(), rule.measures.end(),
              [&](std::uint32_t a, std::uint32_t b) { return all[a].name < all[b].name; });
    const Measure* first = nullptr;
    for (const std::uint32_t m : rule.measures) {
      names_.used.insert(all[m].name);
      if (!all[m].keyed) continue;
      if (first != nullptr && all[m].key != first->key) return report_keys(*first, all[m]);
      first = &all[m];
    }
    rule.keyed = first != nullptr;
    if (first != nullptr) rule.key = first->key;
    if (key_at_ && !rule.keyed) {
      report(names_.out, "R186", *key_at_,
             {"规则“" + rule.id + "”没有按字段分组的指标，没有 key",
              "no measure of rule '" + rule.id + "' has a 'per': there is no key"},
             {"去掉 key，或给指标加上 per", "remove key, or give a measure a per"});
    }
  }

  void report_keys(const Measure& a, const Measure& b) {
    const auto& slots = names_.program.slots;
    const std::string first = slots[a.key].path, second = slots[b.key].path;
    report(names_.out, "R154", syntax_.at,
           {"规则“" + syntax_.name + "”中指标的 per 不一致：" + a.name + " 按 " + first + "，" +
                b.name + " 按 " + second,
            "rule '" + syntax_.name + "' mixes measures of different 'per': " + a.name + " by " +
                first + ", " + b.name + " by " + second},
           {"拆成两条规则，或按同一字段分组", "make two rules, or let them have the same per"});
  }

  const RuleSyntax& syntax_;
  Names& names_;
  RuleScope scope_;
  std::set<std::uint32_t> read_;
  std::optional<SourceSpan> key_at_;
};

std::int64_t ceiling(Number n) {
  const std::int64_t whole = n.num() / n.den();
  return whole + (n.num() % n.den() > 0 ? 1 : 0);
}

std::int64_t floor_of(Number n) {
  const std::int64_t whole = n.num() / n.den();
  return whole - (n.num() % n.den() < 0 ? 1 : 0);
}

// What comparisons tell about one `age` measure.
struct Thresholds {
  bool every_day = false;
  std::set<std::int64_t> days;

  void compare(Op op, Number limit) {
    if (limit > Number(kMostDays)) return;  // no age comes so far
    switch (op) {
      case Op::greater_equal:
      case Op::less: days.insert(ceiling(limit)); break;
      case Op::greater:
      case Op::less_equal: days.insert(floor_of(limit) + 1); break;
      default:  // ==, !=
        if (!limit.is_integer()) break;
        days.insert(limit.num());
        days.insert(limit.num() + 1);
    }
  }

  static constexpr std::int64_t kMostDays = 3'652'500;  // ten thousand years
};

// The constant an operand is; nothing if it is none.
std::optional<Cell> constant_of(const Program& program, const Expr& expr, std::uint32_t at) {
  const ExprNode& node = expr.nodes[at];
  if (node.op == Op::constant) return expr.constants[node.a];
  if (node.op == Op::param) return program.params[node.a].value;
  if (node.op != Op::negate) return std::nullopt;
  auto inner = constant_of(program, expr, node.a);
  if (inner && inner->tag == CellTag::number) inner->num = -inner->num;
  return inner;
}

void scan(const Program& program, const Expr& expr, std::vector<Thresholds>& found) {
  std::vector<bool> understood(expr.nodes.size(), false);
  for (const ExprNode& node : expr.nodes) {
    if (node.op == Op::has) understood[node.a] = true;
    if (!is_comparison(node.op)) continue;
    for (const auto& [side, other] : {std::pair(node.a, node.b), std::pair(node.b, node.a)}) {
      if (expr.nodes[side].op != Op::measure) continue;
      const auto limit = constant_of(program, expr, other);
      if (!limit) continue;
      understood[side] = true;
      if (limit->tag != CellTag::number) continue;
      found[expr.nodes[side].a].compare(side == node.b ? mirrored(node.op) : node.op,
                                        Number::ratio(limit->num, limit->den));
    }
  }
  for (std::size_t i = 0; i < expr.nodes.size(); ++i) {
    if (expr.nodes[i].op == Op::measure && !understood[i]) found[expr.nodes[i].a].every_day = true;
  }
}

}  // namespace

void lower_rules(Names& names, MeasureTable& measures) {
  for (const RuleSyntax& syntax : names.syntax.rules) {
    names.program.rules.push_back(RuleLowering(syntax, names, measures).make());
  }
}

void find_thresholds(Program& program) {
  std::vector<Thresholds> found(program.measures.size());
  auto look = [&](std::uint32_t expr) {
    if (expr != kNone) scan(program, program.exprs[expr], found);
  };
  for (const Measure& measure : program.measures) look(measure.value);
  for (const RollUp& roll_up : program.roll_ups) look(roll_up.expr);
  for (const PeerView& view : program.peers) found[view.subject].every_day = true;
  for (const Rule& rule : program.rules) {
    look(rule.needs);
    for (const LevelRule& level : rule.levels) {
      look(level.enter);
      look(level.exit);
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    Measure& measure = program.measures[i];
    if (measure.aggregate != Aggregate::age || found[i].every_day) continue;
    measure.thresholds.assign(found[i].days.begin(), found[i].days.end());
    // No comparison sees the number grow: the one day that never comes again stands for "never".
    if (measure.thresholds.empty()) measure.thresholds.push_back(0);
  }
}

}  // namespace lianqing
