#include "engine/quiet.h"

#include <algorithm>

#include "rules/operators.h"

namespace lianqing {
namespace {

constexpr Wide kMicro = 1'000'000;

class Cutter {
 public:
  explicit Cutter(const Program& program) : program_(program) {}

  // False if the condition's outcome depends on more than its cuts.
  bool condition(std::uint32_t index) {
    const Expr& expr = program_.exprs[index];
    return expr.present() && node(expr, expr.root());
  }
  std::vector<Cut> take() { return std::move(cuts_); }

 private:
  bool node(const Expr& expr, std::uint32_t index) {
    const ExprNode& at = expr.nodes[index];
    if (at.op == Op::logical_and || at.op == Op::logical_or) {
      return node(expr, at.a) && node(expr, at.b);
    }
    if (at.op == Op::logical_not) return node(expr, at.a);
    return is_comparison(at.op) && comparison(expr, at);
  }

  bool comparison(const Expr& expr, const ExprNode& at) {
    const ExprNode *measure = &expr.nodes[at.a], *limit = &expr.nodes[at.b];
    Op op = at.op;
    if (measure->op != Op::measure) {
      std::swap(measure, limit);
      op = mirrored(op);
    }
    if (measure->op != Op::measure) return false;
    Cell cell;
    if (limit->op == Op::constant) cell = expr.constants[limit->a];
    if (limit->op == Op::param) cell = program_.params[limit->a].value;
    if (cell.tag != CellTag::number) return false;
    const Measure& of = program_.measures[measure->a];
    const bool sums = of.aggregate == Aggregate::sum;
    if (!sums && of.aggregate != Aggregate::count) return false;
    // What nothing followed may be unknown for want of calendar data.
    const Stream& stream = program_.streams[program_.windows[of.window].stream];
    if (stream.source == StreamSource::sequence_matches) return false;
    add(of.window, sums, op, Wide{cell.num} * kMicro, cell.den);
    return true;
  }

  // `value op num/den`, of whole values.
  void add(std::uint32_t window, bool sums, Op op, Wide num, Wide den) {
    const Wide floor = num / den - (num % den < 0 ? 1 : 0);
    const Wide ceiling = num / den + (num % den > 0 ? 1 : 0);
    const auto cut = [&](Wide value) { cuts_.push_back({window, sums, value}); };
    switch (op) {
      case Op::greater_equal:
      case Op::less: cut(ceiling); break;
      case Op::greater:
      case Op::less_equal: cut(floor + 1); break;
      default: cut(ceiling); cut(floor + 1);
    }
  }

  const Program& program_;
  std::vector<Cut> cuts_;
};

}  // namespace

std::optional<std::vector<Cut>> cuts_of(const Program& program, const Rule& rule) {
  Cutter cutter(program);
  if (rule.needs != kNone && !cutter.condition(rule.needs)) return std::nullopt;
  for (const LevelRule& level : rule.levels) {
    if (!level.present) continue;
    if (level.confirm.workdays || level.hold.workdays) return std::nullopt;
    if (!cutter.condition(level.enter)) return std::nullopt;
    if (level.exit != kNone && !cutter.condition(level.exit)) return std::nullopt;
  }
  return cutter.take();
}

Quiet::Quiet(const Program& program, const std::vector<std::vector<std::uint32_t>>& window_rules,
             const std::vector<std::vector<std::uint32_t>>& stream_windows)
    : rules(program.rules.size()),
      rule_windows(program.rules.size()),
      windows(program.windows.size()) {
  for (std::uint32_t r = 0; r < program.rules.size(); ++r) {
    const auto cuts = cuts_of(program, program.rules[r]);
    rules[r] = cuts.has_value();
    if (!cuts) continue;
    for (const Cut& cut : *cuts) {
      const auto& readers = window_rules[cut.window];
      if (std::find(readers.begin(), readers.end(), r) == readers.end()) break;  // not judged
      (cut.sums ? windows[cut.window].sums : windows[cut.window].counts).push_back({cut.at, r});
    }
  }
  for (std::uint32_t w = 0; w < windows.size(); ++w) {
    WindowReaders& readers = windows[w];
    for (std::vector<RuleCut>* cuts : {&readers.counts, &readers.sums}) {
      std::stable_sort(cuts->begin(), cuts->end(),
                       [](const RuleCut& a, const RuleCut& b) { return a.at < b.at; });
    }
    for (const std::uint32_t rule : window_rules[w]) {
      if (rules[rule]) {
        readers.has_quiet = true;
        rule_windows[rule].push_back(w);
      } else {
        readers.loud.push_back(rule);
      }
    }
    const auto& siblings = stream_windows[program.windows[w].stream];
    readers.place = static_cast<std::uint32_t>(std::find(siblings.begin(), siblings.end(), w) -
                                               siblings.begin());
  }
}

}  // namespace lianqing
