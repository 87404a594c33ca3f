// Sentences with placeholders: `近30天{complaints_30d}件，环比{growth|2}倍`.
//   template    = { literal | "{{" | "}}" | placeholder } ;
//   placeholder = "{" expression [ "|" format ] "}" ;
//   format      = "0" | ... | "6" | "percent" ;
// `{{` and `}}` stand for one brace. A `}` or `|` inside a text of the expression, and `||`, belong
// to the expression. Rendering is the engine's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "lianqing/diagnostic.h"
#include "rules/expression.h"
#include "rules/program.h"

namespace lianqing {

// Takes over a placeholder's expression; gives its index in Program::exprs.
using AddExpr = std::function<std::uint32_t(CompiledExpr)>;

// `at` as for compile_expression. All mistakes go to `out`; nothing is returned if there was one
// (expressions added before it stay added).
std::optional<Template> compile_template(std::string_view source, const SourceSpan& at,
                                         ExprScope& scope, const AddExpr& add_expr,
                                         Diagnostics& out);

}  // namespace lianqing
