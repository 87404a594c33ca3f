#include "engine/why.h"

#include <algorithm>

#include "rules/operators.h"

namespace lianqing {
namespace {

std::string_view text_of(const Expr& expr, const ExprNode& node) {
  return std::string_view(expr.source).substr(node.begin, node.end - node.begin);
}

bool is_fixed(const Expr& expr, const ExprNode& node) {
  if (node.op == Op::negate) return is_fixed(expr, expr.nodes[node.a]);
  return node.op == Op::constant || node.op == Op::param;
}

std::optional<Number> margin_of(Op op, const Operand& value, const Operand& limit) {
  if (value.tag != CellTag::number || limit.tag != CellTag::number) return std::nullopt;
  const Number difference = value.number - limit.number;
  switch (op) {
    case Op::greater:
    case Op::greater_equal: return difference;
    case Op::less:
    case Op::less_equal: return -difference;
    case Op::equal: return -difference.abs();
    case Op::unequal: return difference.abs();
    default: return std::nullopt;
  }
}

void leaf(const Expr& expr, std::uint32_t index, Evaluation& evaluation, WhyNode& out) {
  const ExprNode& node = expr.nodes[index];
  out.all.clear();
  const Operand outcome = evaluation.node(expr, index);
  out.verdict = outcome.is_true();
  if (!is_comparison(node.op) && node.op != Op::in) {
    out.op = "is";
    out.operand = out.text;
    out.value = to_fact(outcome);
    out.limit.clear();
    out.limit_value = std::monostate{};
    out.margin.reset();
    return;
  }
  std::uint32_t operand = node.a, limit = node.b;
  Op op = node.op;
  if (is_comparison(op) && is_fixed(expr, expr.nodes[operand]) &&
      !is_fixed(expr, expr.nodes[limit])) {
    std::swap(operand, limit);
    op = mirrored(op);
  }
  const Operand value = evaluation.node(expr, operand);
  const Operand bound = evaluation.node(expr, limit);
  out.op = name_of(op);
  out.operand = text_of(expr, expr.nodes[operand]);
  out.value = to_fact(value);
  out.limit = text_of(expr, expr.nodes[limit]);
  out.limit_value = to_fact(bound);
  out.margin = margin_of(op, value, bound);
}

// a and b and c is one node with three children.
void children(const Expr& expr, std::uint32_t index, Op op, Evaluation& evaluation, WhyNode& out,
              std::size_t& used) {
  const ExprNode& node = expr.nodes[index];
  if (node.op == op) {
    children(expr, node.a, op, evaluation, out, used);
    children(expr, node.b, op, evaluation, out, used);
    return;
  }
  if (used == out.all.size()) out.all.emplace_back();
  why_tree(expr, index, evaluation, out.all[used++]);
}

}  // namespace

Fact to_fact(const Operand& operand) {
  switch (operand.tag) {
    case CellTag::boolean: return operand.raw != 0;
    case CellTag::number: return operand.number;
    case CellTag::text: return std::string(operand.text);
    case CellTag::time: return format_rfc3339(instant(operand.raw));
    case CellTag::date: return format_date(Date{std::chrono::days{operand.raw}});
    case CellTag::null:
    case CellTag::list: break;
  }
  return std::monostate{};
}

void why_tree(const Expr& expr, std::uint32_t index, Evaluation& evaluation, WhyNode& out) {
  const ExprNode& node = expr.nodes[index];
  out.text = text_of(expr, node);
  std::size_t used = 0;
  if (node.op == Op::logical_and || node.op == Op::logical_or) {
    out.op = node.op == Op::logical_and ? "and" : "or";
    children(expr, index, node.op, evaluation, out, used);
  } else if (node.op == Op::logical_not) {
    out.op = "not";
    if (out.all.empty()) out.all.emplace_back();
    why_tree(expr, node.a, evaluation, out.all[used++]);
  } else {
    return leaf(expr, index, evaluation, out);
  }
  out.all.resize(used);
  out.operand.clear();
  out.limit.clear();
  out.value = out.limit_value = std::monostate{};
  out.margin.reset();
  out.verdict = verdict_with(out, nullptr);
}

bool verdict_with(const WhyNode& node, const WhyNode* flipped) {
  const auto child = [&](const WhyNode& n) { return verdict_with(n, flipped); };
  if (node.is_leaf()) return node.verdict != (&node == flipped);
  if (node.op == "and") return std::all_of(node.all.begin(), node.all.end(), child);
  if (node.op == "or") return std::any_of(node.all.begin(), node.all.end(), child);
  return !child(node.all.front());
}

}  // namespace lianqing
