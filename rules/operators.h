// The operators of conditions: what they are called, and how comparisons turn around.
#pragma once

#include <string_view>

#include "rules/expr.h"

namespace lianqing {

// As written where it is written (`>=`, `in`, `startsWith`), else a word (`and`, `measure`).
std::string_view name_of(Op op);

inline bool is_comparison(Op op) { return op >= Op::equal && op <= Op::greater_equal; }

// `a op b` is `b mirrored(op) a`.
Op mirrored(Op op);

}  // namespace lianqing
