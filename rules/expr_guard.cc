#include "rules/expr_guard.h"

#include <algorithm>
#include <vector>

namespace lianqing {
namespace {

bool is_leaf(Op op) {
  return op == Op::field || op == Op::event_attr || op == Op::measure || op == Op::unit_attr ||
         op == Op::key || op == Op::level || op == Op::warning_attr;
}

// Which of a, b, c are nodes; constants and patterns are indices elsewhere.
std::vector<std::uint32_t> children(const ExprNode& node) {
  if (is_leaf(node.op) || node.op == Op::constant || node.op == Op::list || node.op == Op::param) {
    return {};
  }
  std::vector<std::uint32_t> out{node.a};
  if (node.b != kNone && node.op != Op::matches) out.push_back(node.b);
  if (node.c != kNone) out.push_back(node.c);
  return out;
}

class Guards {
 public:
  explicit Guards(Expr& expr) : expr_(expr) {
    for (const ExprNode& node : expr_.nodes) {
      if (node.op == Op::has) tested_.push_back(node.a);
      if (node.op != Op::equal && node.op != Op::unequal) continue;
      if (is_null(node.b)) tested_.push_back(node.a);
      if (is_null(node.a)) tested_.push_back(node.b);
    }
  }

  void mark() {
    if (tested_.empty()) return;
    find_handled();
    for (std::size_t i = 0; i < expr_.nodes.size(); ++i) expr_.nodes[i].handled = handled_[i];
  }

 private:
  bool is_null(std::uint32_t index) const {
    const ExprNode& node = expr_.nodes[index];
    return node.op == Op::constant && expr_.constants[node.a].tag == CellTag::null;
  }

  bool same(std::uint32_t a, std::uint32_t b) const {
    const ExprNode& x = expr_.nodes[a];
    const ExprNode& y = expr_.nodes[b];
    if (x.op != y.op) return false;
    if (x.op == Op::constant) return expr_.constants[x.a] == expr_.constants[y.a];
    if (x.op == Op::list) return same_list(x, y);
    if (x.op == Op::matches && x.b != y.b) return false;
    const auto of_x = children(x), of_y = children(y);
    if (of_x.empty()) return x.a == y.a;
    return std::equal(of_x.begin(), of_x.end(), of_y.begin(), of_y.end(),
                      [this](std::uint32_t i, std::uint32_t j) { return same(i, j); });
  }
  bool same_list(const ExprNode& x, const ExprNode& y) const {
    const auto first = expr_.constants.begin();
    return std::equal(first + x.a, first + x.a + x.b, first + y.a, first + y.a + y.b);
  }

  bool is_tested(std::uint32_t index) const {
    return std::any_of(tested_.begin(), tested_.end(),
                       [&](std::uint32_t t) { return same(t, index); });
  }

  // Constants and parameters are never null; a name must be tested, anything else as a whole or in
  // all its parts. Children come first, so one pass is enough.
  void find_handled() {
    for (std::uint32_t i = 0; i < expr_.nodes.size(); ++i) {
      const bool leaf = is_leaf(expr_.nodes[i].op);
      bool handled = !leaf;
      for (const std::uint32_t child : children(expr_.nodes[i]))
        handled = handled && handled_[child];
      handled_.push_back(handled || is_tested(i));
    }
  }

  Expr& expr_;
  std::vector<std::uint32_t> tested_;
  std::vector<bool> handled_;  // by node
};

}  // namespace

void mark_handled(Expr& expr) { Guards(expr).mark(); }

}  // namespace lianqing
