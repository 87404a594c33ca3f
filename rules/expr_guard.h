// Which operands of an expression may be null without surprise, because the same expression tests
// for it. Any other null operand of a comparison makes a rule grey.
#pragma once

#include "rules/expr.h"

namespace lianqing {

// Sets `handled` on every node that is itself tested by `== null`, `!= null` or has() somewhere in
// the expression, or all names inside which are.
void mark_handled(Expr& expr);

}  // namespace lianqing
