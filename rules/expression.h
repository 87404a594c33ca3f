// The condition language: text -> Expr, with names resolved and types checked. A subset of CEL.
//
//   expression = either [ "?" expression ":" expression ] ;
//   either     = both { ( "||" | "or" | "或" ) both } ;
//   both       = relation { ( "&&" | "and" | "且" ) relation } ;
//   relation   = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) sum ] ;
//   sum        = product { ( "+" | "-" ) product } ;
//   product    = unary { ( "*" | "/" | "%" ) unary } ;
//   unary      = ( "!" | "not" | "非" | "-" ) unary | postfix ;
//   postfix    = primary { "." function arguments } ;
//   primary    = number | text | "true" | "false" | "null" | name | function arguments
//              | "(" expression ")" | "[" [ constant { "," constant } ] "]" ;
//   arguments  = "(" [ expression { "," expression } ] ")" ;
//   function   = "size" | "has" | "matches" | "startsWith" | "endsWith" | "contains"
//              | "min" | "max" | "abs" | "round" ;
//   name       = identifier { "." identifier } ;
//   number     = digits [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ] ;
//   text       = "'" ... "'" | '"' ... '"', with \\ \' \" \n \t \r ;
//
// Full-width punctuation means what its ASCII twin means. `x.f(y)` is `f(x, y)`. A text compared
// with a date or a time is a date (`2026-03-01`) or a time (RFC 3339). Not here: what names mean
// (ExprScope), evaluation (engine/evaluate).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "rules/expr.h"

namespace lianqing {

inline constexpr std::size_t kMaxExprBytes = 4096;  // of one text, before macros
inline constexpr std::size_t kMaxExprNodes = 1000;  // macros included
inline constexpr int kMaxExprDepth = 64;            // parentheses, calls, signs, choices
inline constexpr int kMaxMacroDepth = 16;

// `dynamic` is known only at run time: it goes with everything.
enum class ValueType : std::uint8_t { boolean, number, text, time, date, list, dynamic, null };

// What a name stands for. op: param, field, event_attr, measure, unit_attr, key, level,
// warning_attr.
struct NamedValue {
  Op op = Op::measure;
  std::uint32_t index = 0;
  ValueType type = ValueType::dynamic;
};

// What names mean where the expression stands; implemented by the pack compiler. Names come in NFC
// and whole (`place.district`, `unit.staff_count`, `event.source`). A name is looked for as a list,
// then as a macro, then with find(): a scope that hides a list behind a field says no to find_list.
class ExprScope {
 public:
  virtual ~ExprScope() = default;
  // May add its own diagnostics; an error among them replaces "unknown name".
  virtual std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) = 0;
  virtual std::optional<std::vector<Cell>> find_list(std::string_view name) = 0;
  // The macro's text: stands for itself in parentheses.
  virtual std::optional<std::string> find_macro(std::string_view name) = 0;
  virtual std::vector<std::string> names() const = 0;  // for suggestions
  virtual Symbol intern(std::string_view text) = 0;
  virtual std::uint32_t pattern(std::string_view re2_text) = 0;
};

struct CompiledExpr {
  Expr expr;
  ValueType type = ValueType::dynamic;
};

// `at`: the text in its file, from its first character inside quotes, on one line; length 0 says
// that it is spread over several lines, and then every mistake is reported at `at` itself. All
// mistakes go to `out` (after a mistake of grammar the rest is not read); nothing is returned if
// there was one. An operand is `handled` if it, or every name inside it, is tested elsewhere in the
// same expression by `== null`, `!= null` or has().
std::optional<CompiledExpr> compile_expression(std::string_view source, const SourceSpan& at,
                                               ExprScope& scope, Diagnostics& out);

// For messages: 数字, number.
Bilingual type_name(ValueType type);

}  // namespace lianqing
