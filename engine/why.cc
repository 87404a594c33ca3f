#include "engine/why.h"

#include <algorithm>

#include "rules/operators.h"

namespace lianqing {
namespace {

std::string text_of(const Expr& expr, const ExprNode& node) {
  return expr.source.substr(node.begin, node.end - node.begin);
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

WhyNode leaf(const Expr& expr, const ExprNode& node, std::uint32_t index, Evaluation& evaluation) {
  WhyNode out;
  out.text = text_of(expr, node);
  out.verdict = evaluation.node(expr, index).is_true();
  if (!is_comparison(node.op) && node.op != Op::in) {
    out.op = "is";
    out.operand = out.text;
    out.value = to_fact(evaluation.node(expr, index));
    return out;
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
  return out;
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

WhyNode why_tree(const Expr& expr, std::uint32_t index, Evaluation& evaluation) {
  const ExprNode& node = expr.nodes[index];
  WhyNode out;
  if (node.op == Op::logical_and || node.op == Op::logical_or) {
    out.op = node.op == Op::logical_and ? "and" : "or";
    out.text = text_of(expr, node);
    for (const std::uint32_t side : {node.a, node.b}) {
      WhyNode child = why_tree(expr, side, evaluation);
      if (child.op == out.op) {  // a and b and c is one node with three children
        std::move(child.all.begin(), child.all.end(), std::back_inserter(out.all));
      } else {
        out.all.push_back(std::move(child));
      }
    }
    out.verdict = verdict_with(out, nullptr);
    return out;
  }
  if (node.op == Op::logical_not) {
    out.op = "not";
    out.text = text_of(expr, node);
    out.all.push_back(why_tree(expr, node.a, evaluation));
    out.verdict = verdict_with(out, nullptr);
    return out;
  }
  return leaf(expr, node, index, evaluation);
}

bool verdict_with(const WhyNode& node, const WhyNode* flipped) {
  const auto child = [&](const WhyNode& n) { return verdict_with(n, flipped); };
  if (node.is_leaf()) return node.verdict != (&node == flipped);
  if (node.op == "and") return std::all_of(node.all.begin(), node.all.end(), child);
  if (node.op == "or") return std::any_of(node.all.begin(), node.all.end(), child);
  return !child(node.all.front());
}

}  // namespace lianqing
