// Expressions at run time. Total: every operation has a result for every operand, null where there
// is no meaningful one. Both sides of `and` and `or` are always evaluated, so order never matters.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/symbols.h"
#include "rules/program.h"
#include "rules/regex.h"

namespace lianqing {

// A value under evaluation. `text` refers to storage that outlives the evaluation.
struct Operand {
  CellTag tag = CellTag::null;
  Number number;          // number
  std::int64_t raw = 0;   // boolean 0/1; time in microseconds; date in days
  std::string_view text;  // text
  std::span<const Cell> list;

  bool is_null() const { return tag == CellTag::null; }
  bool is_true() const { return tag == CellTag::boolean && raw != 0; }

  static Operand boolean(bool value) {
    Operand out;
    out.tag = CellTag::boolean;
    out.raw = value ? 1 : 0;
    return out;
  }
  static Operand of(Number value) {
    Operand out;
    out.tag = CellTag::number;
    out.number = value;
    return out;
  }
  static Operand of_text(std::string_view value) {
    Operand out;
    out.tag = CellTag::text;
    out.text = value;
    return out;
  }
};

// What the leaves of an expression mean where it is evaluated.
class Leaves {
 public:
  virtual ~Leaves() = default;
  virtual Operand leaf(const ExprNode& node) const = 0;
};

struct Evaluation {
  const Program& program;
  const Symbols& symbols;
  const PatternSet& patterns;
  const Leaves& leaves;
  bool null_seen = false;  // a comparison or connective met a null operand that is not handled

  Operand operand(const Cell& cell, const Cell* elements) const;
  Operand run(const Expr& expr) { return expr.present() ? node(expr, expr.root()) : Operand{}; }
  Operand node(const Expr& expr, std::uint32_t index);

 private:
  Operand compare(const Expr& expr, const ExprNode& node);
  Operand connect(const Expr& expr, const ExprNode& node);
  Operand truth(const Expr& expr, std::uint32_t index);
  void note_null(const Expr& expr, std::uint32_t index, const Operand& operand);
  Operand arithmetic(const ExprNode& node, const Operand& a, const Operand& b) const;
  Operand text_test(const ExprNode& node, const Operand& a, const Operand& b) const;
};

// Equal values of the same kind; values of different kinds are unequal.
bool equal(const Operand& a, const Operand& b);

}  // namespace lianqing
