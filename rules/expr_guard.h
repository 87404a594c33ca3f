// Which comparisons of an expression have a null operand that their author has thought of. Such a
// comparison is simply false on null; any other makes a rule grey.
#pragma once

#include "rules/expr.h"

namespace lianqing {

// Sets `guarded` on comparisons, `in`, connectives and conditions of `?:`: each operand that can be
// null is itself tested by `== null`, `!= null` or has() anywhere in the expression, or all names
// inside it are.
void mark_guarded(Expr& expr);

}  // namespace lianqing
