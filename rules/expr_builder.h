// Nodes of an expression as they are read, with their types: every rule of typing lives here, the
// grammar in expression.cc. A mistake is reported and gives a node of type dynamic, so that one
// mistake is reported once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/expr_source.h"
#include "rules/expression.h"

namespace lianqing {

// A stretch of a source's text: a part of the expression, parentheses included, or an operator.
struct Stretch {
  std::uint32_t begin = 0, end = 0;
};
struct Part : Stretch {
  std::uint32_t node = kNone;
  bool enclosed = false;      // in parentheses
  std::uint32_t operand = 0;  // of a `not`: where that begins to which it applies
};

// A piece of an expression in an English message; a text has its quotes already.
std::string in_quotes(const std::string& shown);

class ExprBuilder {
 public:
  explicit ExprBuilder(ExprScope& scope) : scope_(scope) {}

  // One more operand with its operator would be too much.
  bool full() const { return expr_.nodes.size() + 2 > kMaxExprNodes; }
  bool overfull() const { return expr_.nodes.size() > kMaxExprNodes; }

  Part constant(const ExprSource& source, Stretch at, ValueType type, Cell cell = {});
  Part text(const ExprSource& source, Stretch at, std::string value);
  Part name(const ExprSource& source, Stretch at, const NamedValue& value);
  // A list known by name.
  Part list(const ExprSource& source, Stretch at, const std::vector<Cell>& elements);
  // A written list. Its elements have just been read, each is one constant: see take_element().
  Part list(const ExprSource& source, Stretch at, std::uint32_t first, std::uint32_t count);
  // Takes the constant read last out of the tree again, its value stays; false if it is none.
  bool take_element(const Part& element);
  // The constants from `first` on were a macro's: to its user they stand where the macro does.
  void move_constants(std::uint32_t first, Stretch at);
  std::uint32_t next_constant() const { return static_cast<std::uint32_t>(expr_.constants.size()); }

  Part negate(const ExprSource& source, Stretch sign, const Part& a);
  // `compared`: a comparison follows, which will report what is wrong.
  Part logical_not(const ExprSource& source, Stretch sign, const Part& a, bool compared);
  Part connective(const ExprSource& source, Op op, Stretch sign, const Part& a, const Part& b);
  Part arithmetic(const ExprSource& source, Op op, Stretch sign, const Part& a, const Part& b);
  Part comparison(const ExprSource& source, Op op, Stretch sign, const Part& a, const Part& b);
  Part in(const ExprSource& source, const Part& a, const Part& b);
  Part choose(const ExprSource& source, Stretch sign, const Part& condition, const Part& yes,
              const Part& no);
  // Knows the function and the number of its arguments.
  Part call(const ExprSource& source, Stretch at, Stretch name, Op op,
            const std::vector<Part>& arguments);
  // What stands for a mistake.
  Part unknown(const ExprSource& source, Stretch at);

  bool is_literal(const Part& part) const { return expr_.nodes[part.node].op == Op::constant; }
  ValueType type(const Part& part) const { return types_[part.node]; }
  Op op(const Part& part) const { return expr_.nodes[part.node].op; }

  CompiledExpr finish(const Part& root, std::string text, const SourceSpan& at);

 private:
  Part add(const ExprSource& source, Stretch at, ExprNode node, ValueType type);
  void drop_last();
  // Reports an operand of the wrong kind; dynamic goes with everything.
  bool require(const ExprSource& source, const Part& part, ValueType wanted, Stretch sign);
  bool same_kind(const ExprSource& source, const Part& a, const Part& b, Stretch sign);
  bool read_as(const ExprSource& source, std::uint32_t constant, ValueType target, Stretch at);
  void adapt_text(const ExprSource& source, const Part& literal, const Part& other);
  bool null_comparison(const ExprSource& source, Op op, Stretch sign, const Part& a, const Part& b);
  bool binds_too_tight(const ExprSource& source, const Part& a, const Part& b);
  void check_elements(const ExprSource& source, const Part& a, const Part& list);
  Part call_matches(const ExprSource& source, Stretch at, Stretch name,
                    const std::vector<Part>& arguments);
  Part call_round(const ExprSource& source, Stretch at, Stretch name,
                  const std::vector<Part>& arguments);
  Part call_extreme(const ExprSource& source, Stretch at, Stretch name, Op op,
                    const std::vector<Part>& arguments);
  Part call_of_text(const ExprSource& source, Stretch at, Stretch name, Op op,
                    const std::vector<Part>& arguments);

  ExprScope& scope_;
  Expr expr_;
  std::vector<ValueType> types_;    // by node
  std::vector<std::string> texts_;  // by constant: what a text says until finish() interns it
  std::vector<Stretch> places_;     // by constant, where it was written
};

}  // namespace lianqing
