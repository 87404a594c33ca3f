#include "cli/test/coverage.h"

#include <algorithm>

#include "cli/test/compare.h"
#include "cli/words.h"
#include "engine/why.h"

namespace lianqing {
namespace {

struct Clauses {
  std::string name;
  std::uint32_t expr;
};

std::vector<Clauses> clauses_of(const Rule& rule) {
  std::vector<Clauses> out;
  if (rule.needs != kNone) out.push_back({"needs", rule.needs});
  for (std::size_t l = 1; l < kLevels; ++l) {
    const LevelRule& level = rule.levels[l];
    if (!level.present) continue;
    const std::string prefix(name(static_cast<Level>(l)));
    out.push_back({prefix + ".enter", level.enter});
    if (level.exit != kNone) out.push_back({prefix + ".exit", level.exit});
  }
  return out;
}

// Whether the comparison is true where both sides are equal.
bool holds_at_limit(std::string_view op) { return op == ">=" || op == "<=" || op == "=="; }

// A limit written as a number or a param, not as something measured.
bool is_bound(const std::string& limit, const Program& program) {
  if (Number::parse(limit)) return true;
  return std::any_of(program.params.begin(), program.params.end(),
                     [&](const Param& param) { return param.name == limit; });
}

bool is_age(const std::string& operand, const Program& program) {
  return std::any_of(program.measures.begin(), program.measures.end(), [&](const Measure& measure) {
    return measure.name == operand && measure.aggregate == Aggregate::age;
  });
}

void see(const WhyNode& node, LimitSeen& seen, const Program& program, const SourceSpan& at) {
  if (seen.text.empty()) {
    seen.text = node.text;
    seen.at = at;
    seen.bounded = node.op != "is" && node.op != "in" && is_bound(node.limit, program) &&
                   std::holds_alternative<Number>(node.limit_value);
    seen.timed = is_age(node.operand, program);
  }
  const auto* limit = std::get_if<Number>(&node.limit_value);
  if (limit != nullptr) seen.limit = *limit;
  // A missing value decides nothing, unless that is what is asked.
  if (std::holds_alternative<std::monostate>(node.value) && node.limit != "null") return;
  (node.verdict ? seen.holds : seen.fails) = true;
  const auto* value = std::get_if<Number>(&node.value);
  if (value == nullptr || limit == nullptr) return;
  const Number distance = (*value - *limit).abs();
  if (distance.is_zero()) seen.at_limit = true;
  if (node.verdict == holds_at_limit(node.op) || distance.is_zero()) return;
  seen.beside = seen.beside ? std::min(*seen.beside, distance) : distance;
}

void see_leaves(const WhyNode& node, const std::string& clause, std::size_t& place, RuleSeen& rule,
                const Program& program, const SourceSpan& at) {
  if (node.is_leaf()) return see(node, rule.limits[{clause, place++}], program, at);
  for (const WhyNode& child : node.all) see_leaves(child, clause, place, rule, program, at);
}

void merge_limits(LimitSeen& into, const LimitSeen& from) {
  if (into.text.empty()) {
    into = from;
    return;
  }
  into.at_limit = into.at_limit || from.at_limit;
  into.holds = into.holds || from.holds;
  into.fails = into.fails || from.fails;
  if (from.beside) into.beside = into.beside ? std::min(*into.beside, *from.beside) : from.beside;
}

}  // namespace

Number LimitSeen::step() const {
  Number step(1);
  for (int decimals = 0; decimals < 6 && !(limit / step).is_integer(); ++decimals)
    step = step / Number(10);
  return step;
}

void Coverage::judged(const Fold& fold, const Rule& rule, const Leaves& leaves, bool grey) {
  RuleSeen& seen = rules_[rule.id];
  seen.judged = true;
  seen.grey = seen.grey || grey;
  for (const auto& [name, index] : clauses_of(rule)) {
    const Expr& expr = fold.program().exprs[index];
    Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), leaves};
    std::size_t place = 0;
    WhyNode tree;
    why_tree(expr, expr.root(), evaluation, tree);
    see_leaves(tree, name, place, seen, fold.program(), expr.at);
  }
}

void Coverage::changed(const Warning& change) {
  RuleSeen& seen = rules_[change.rule];
  if (change.to > change.from) seen.entered[static_cast<std::size_t>(change.to)] = true;
  if (change.to < change.from) seen.left[static_cast<std::size_t>(change.from)] = true;
}

void Coverage::merge(const Coverage& other) {
  for (const auto& [id, from] : other.rules_) {
    RuleSeen& into = rules_[id];
    for (std::size_t l = 0; l < kLevels; ++l) {
      into.entered[l] = into.entered[l] || from.entered[l];
      into.left[l] = into.left[l] || from.left[l];
    }
    into.judged = into.judged || from.judged;
    into.grey = into.grey || from.grey;
    for (const auto& [place, limit] : from.limits) merge_limits(into.limits[place], limit);
  }
}

const RuleSeen& Coverage::of(const std::string& rule) const {
  static const RuleSeen kNothing;
  const auto at = rules_.find(rule);
  return at == rules_.end() ? kNothing : at->second;
}

std::vector<Gap> gaps(const Coverage& coverage, const Program& program) {
  std::vector<Gap> out;
  for (const Rule& rule : program.rules) {
    if (rule.status == RuleStatus::draft || rule.status == RuleStatus::retired) continue;
    const RuleSeen& seen = coverage.of(rule.id);
    const auto add = [&](const SourceSpan& at, Bilingual what) {
      out.push_back({rule.id, at, std::move(what)});
    };
    if (!seen.judged) {
      add(rule.at, {"没有测试对它有预期", "no test expects anything of it"});
      continue;
    }
    for (std::size_t l = 1; l < kLevels; ++l) {
      if (!rule.levels[l].present) continue;
      const auto level = static_cast<Level>(l);
      const std::string zh(level_word(level, true)), en(name(level));
      if (!seen.entered[l]) add(rule.levels[l].at, {"没有升到过" + zh, en + " is never entered"});
      if (!seen.left[l])
        add(rule.levels[l].at, {"没有从" + zh + "降下来过", en + " is never left"});
    }
    if (rule.needs != kNone && !seen.grey)
      add(program.exprs[rule.needs].at, {"needs 从未不成立（灰）", "needs is never false (grey)"});
    for (const auto& [place, limit] : seen.limits) {
      if (limit.complete()) continue;
      const std::string zh = place.first + " 的 " + limit.text, en = place.first + " " + limit.text;
      if (!limit.bounded) {
        add(limit.at, limit.holds ? Bilingual{zh + " 从未不成立", en + " is never false"}
                                  : Bilingual{zh + " 从未成立", en + " is never true"});
        continue;
      }
      const std::string exactly = fact_text(limit.limit), step = fact_text(limit.step());
      Bilingual what;
      if (!limit.at_limit) what = {"恰好 " + exactly, "at exactly " + exactly};
      if (!limit.just_beside()) {
        const std::string nearest = limit.beside ? fact_text(*limit.beside) : std::string();
        what.zh += (what.zh.empty() ? "只差一步（" : "，只差一步（") + step +
                   (nearest.empty() ? "）" : "，最近差 " + nearest + "）");
        what.en += (what.en.empty() ? "a step (" : ", nor a step (") + step + ") beside it" +
                   (nearest.empty() ? "" : " (nearest: " + nearest + ")");
      }
      add(limit.at, {zh + " 没有测到：" + what.zh, en + " is never tried " + what.en});
    }
  }
  return out;
}

}  // namespace lianqing
