#include "engine/evaluate.h"

#include <algorithm>

namespace lianqing {
namespace {

bool is_null_literal(const Expr& expr, std::uint32_t index) {
  const ExprNode& node = expr.nodes[index];
  return node.op == Op::constant && expr.constants[node.a].tag == CellTag::null;
}

// <0, 0, >0; only for operands of the same ordered kind.
int order(const Operand& a, const Operand& b) {
  if (a.tag == CellTag::number) {
    const auto o = a.number <=> b.number;
    return o < 0 ? -1 : o > 0 ? 1 : 0;
  }
  if (a.tag == CellTag::text) return a.text.compare(b.text);
  return a.raw < b.raw ? -1 : a.raw > b.raw ? 1 : 0;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

bool equal(const Operand& a, const Operand& b) { return a.tag == b.tag && order(a, b) == 0; }

Operand Evaluation::operand(const Cell& cell, const Cell* elements) const {
  Operand out;
  out.tag = cell.tag;
  switch (cell.tag) {
    case CellTag::number:
      out.number = cell.den == 1 ? Number(cell.num) : Number::ratio(cell.num, cell.den);
      break;
    case CellTag::text: out.text = symbols.text(static_cast<Symbol>(cell.num)); break;
    case CellTag::list: out.list = {elements + cell.num, cell.den}; break;
    case CellTag::null:
    case CellTag::boolean:
    case CellTag::time:
    case CellTag::date: out.raw = cell.num; break;
  }
  return out;
}

// A truth value, or null.
Operand Evaluation::truth(const Expr& expr, std::uint32_t index) {
  const Operand value = node(expr, index);
  if (value.tag == CellTag::boolean) return value;
  // Connectives and comparisons have answered for their own operands.
  const Op op = expr.nodes[index].op;
  const bool answered = op >= Op::logical_and && op <= Op::in && op != Op::negate;
  if (!answered && !expr.nodes[index].handled) null_seen = true;
  return {};
}

// `and` is false if a side is, `or` true if a side is; otherwise null if a side is null.
Operand Evaluation::connect(const Expr& expr, const ExprNode& at) {
  const Operand a = truth(expr, at.a), b = truth(expr, at.b);
  const bool decisive = at.op == Op::logical_or;
  for (const Operand* side : {&a, &b}) {
    if (!side->is_null() && side->is_true() == decisive) return *side;
  }
  if (a.is_null() || b.is_null()) return {};
  return Operand::boolean(!decisive);
}

void Evaluation::note_null(const Expr& expr, std::uint32_t index, const Operand& operand) {
  if (operand.is_null() && !expr.nodes[index].handled) null_seen = true;
}

Operand Evaluation::compare(const Expr& expr, const ExprNode& at) {
  const Operand a = node(expr, at.a);
  const Operand b = node(expr, at.b);
  if (at.op == Op::equal || at.op == Op::unequal) {
    if (is_null_literal(expr, at.a) || is_null_literal(expr, at.b)) {
      return Operand::boolean((a.is_null() && b.is_null()) == (at.op == Op::equal));
    }
  }
  if (a.is_null() || b.is_null()) {
    note_null(expr, at.a, a);
    note_null(expr, at.b, b);
    return Operand::boolean(false);
  }
  if (a.tag != b.tag || a.tag == CellTag::list) {  // an operation on the wrong type is null
    null_seen = true;
    return {};
  }
  const int o = order(a, b);
  switch (at.op) {
    case Op::equal: return Operand::boolean(o == 0);
    case Op::unequal: return Operand::boolean(o != 0);
    case Op::less: return Operand::boolean(o < 0);
    case Op::less_equal: return Operand::boolean(o <= 0);
    case Op::greater: return Operand::boolean(o > 0);
    default: return Operand::boolean(o >= 0);
  }
}

Operand Evaluation::arithmetic(const ExprNode& at, const Operand& a, const Operand& b) const {
  if (a.tag != CellTag::number || b.tag != CellTag::number) return {};
  switch (at.op) {
    case Op::add: return Operand::of(a.number + b.number);
    case Op::subtract: return Operand::of(a.number - b.number);
    case Op::multiply: return Operand::of(a.number * b.number);
    case Op::divide: return b.number.is_zero() ? Operand{} : Operand::of(a.number / b.number);
    case Op::remainder:
      return b.number.is_zero() ? Operand{} : Operand::of(Number::remainder(a.number, b.number));
    case Op::minimum: return Operand::of(std::min(a.number, b.number));
    case Op::maximum: return Operand::of(std::max(a.number, b.number));
    default: return Operand::of(a.number.round(static_cast<int>(b.number.num())));
  }
}

Operand Evaluation::text_test(const ExprNode& at, const Operand& a, const Operand& b) const {
  if (at.op == Op::matches) {
    if (a.tag != CellTag::text) return {};
    return Operand::boolean(patterns.matches(at.b, a.text));
  }
  if (a.tag == CellTag::list && at.op == Op::contains) {
    return Operand::boolean(std::any_of(a.list.begin(), a.list.end(), [&](const Cell& element) {
      return equal(operand(element, nullptr), b);
    }));
  }
  if (a.tag != CellTag::text || b.tag != CellTag::text) return {};
  if (at.op == Op::starts_with) return Operand::boolean(a.text.starts_with(b.text));
  if (at.op == Op::ends_with) return Operand::boolean(a.text.ends_with(b.text));
  return Operand::boolean(a.text.find(b.text) != std::string_view::npos);
}

Operand Evaluation::node(const Expr& expr, std::uint32_t index) {
  const ExprNode& at = expr.nodes[index];
  switch (at.op) {
    case Op::constant: return operand(expr.constants[at.a], expr.constants.data());
    case Op::list: {
      Operand out;
      out.tag = CellTag::list;
      out.list = {expr.constants.data() + at.a, at.b};
      return out;
    }
    case Op::param: return operand(program.params[at.a].value, nullptr);
    case Op::field:
    case Op::event_attr:
    case Op::measure:
    case Op::unit_attr:
    case Op::key:
    case Op::level:
    case Op::warning_attr: return leaves.leaf(at);
    case Op::logical_and:
    case Op::logical_or: return connect(expr, at);
    case Op::logical_not: {
      const Operand a = truth(expr, at.a);
      return a.is_null() ? a : Operand::boolean(!a.is_true());
    }
    case Op::negate: {
      const Operand a = node(expr, at.a);
      return a.tag == CellTag::number ? Operand::of(-a.number) : Operand{};
    }
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return compare(expr, at);
    case Op::in: {
      const Operand a = node(expr, at.a), list = node(expr, at.b);
      if (a.is_null() || list.tag != CellTag::list) {
        note_null(expr, at.a, a);
        return Operand::boolean(false);
      }
      return Operand::boolean(std::any_of(list.list.begin(), list.list.end(), [&](const Cell& e) {
        return equal(operand(e, nullptr), a);
      }));
    }
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::remainder:
    case Op::minimum:
    case Op::maximum:
    case Op::round: return arithmetic(at, node(expr, at.a), node(expr, at.b));
    case Op::choose: {
      const Operand condition = truth(expr, at.a);
      if (condition.is_null()) return condition;
      return node(expr, condition.is_true() ? at.b : at.c);
    }
    case Op::has: return Operand::boolean(!node(expr, at.a).is_null());
    case Op::size: {
      const Operand a = node(expr, at.a);
      if (a.tag == CellTag::list) return Operand::of(static_cast<std::int64_t>(a.list.size()));
      if (a.tag == CellTag::text)
        return Operand::of(static_cast<std::int64_t>(code_points(a.text)));
      return {};
    }
    case Op::absolute: {
      const Operand a = node(expr, at.a);
      return a.tag == CellTag::number ? Operand::of(a.number.abs()) : Operand{};
    }
    case Op::matches: return text_test(at, node(expr, at.a), {});
    case Op::starts_with:
    case Op::ends_with:
    case Op::contains: return text_test(at, node(expr, at.a), node(expr, at.b));
  }
  return {};
}

}  // namespace lianqing
