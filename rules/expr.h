// The compiled form of an expression: a flat tree that the fold can evaluate without strings. Made
// by expression.cc, evaluated by engine/evaluate.cc. No names are looked up at run time: fields are
// slots, measures and attributes are indices, texts are symbols.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/number.h"
#include "lianqing/time.h"

namespace lianqing {

inline constexpr std::uint32_t kNone = 0xffffffffU;

// An interned text. Symbols below Program::symbols.size() are the program's own constants, in its
// order; the engine interns the texts of events after them.
using Symbol = std::uint32_t;

enum class CellTag : std::uint8_t { null, boolean, number, text, time, date, list };

// One value in the fold, 16 bytes. `number`: num/den (den <= 1,000,000 for fields; wider results
// travel as Number). `text`: num = Symbol. `time`: num = microseconds. `date`: num = days.
// `list`: num = first element in the owner's element pool, den = length.
struct Cell {
  CellTag tag = CellTag::null;
  std::uint32_t den = 1;
  std::int64_t num = 0;

  friend bool operator==(const Cell&, const Cell&) = default;
};

enum class Op : std::uint8_t {
  constant,    // a = index into Expr::constants
  list,        // a = first index into Expr::constants, b = count; only right of `in`, or in size()
  param,       // a = index into Program::params
  field,       // a = field slot of the event at hand
  event_attr,  // a = 0 id, 1 source, 2 type of the event at hand
  measure,     // a = index into Program::measures
  unit_attr,   // a = index into Program::unit_attributes
  key,         // the instance's key (per), as text
  logical_and,
  logical_or,  // a, b; both sides are always evaluated
  logical_not,
  negate,  // a
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,  // a, b
  in,             // a in list b
  add,
  subtract,
  multiply,
  divide,
  remainder,  // a, b
  choose,     // a ? b : c
  has,
  size,
  absolute,  // a
  minimum,
  maximum,  // a, b (more arguments are nested)
  round,    // a, b = decimals as a constant 0..6
  matches,  // a, b = index into Program::patterns
  starts_with,
  ends_with,
  contains,      // a, b
  level,         // of a unit looked at by a roll-up: "green", "yellow", "red"
  warning_attr,  // a = WarningAttribute of the warning at hand
};

struct ExprNode {
  Op op = Op::constant;
  bool handled = false;  // a null here surprises nobody: the same condition tests for it explicitly
  std::uint32_t a = kNone, b = kNone, c = kNone;  // children are indices into Expr::nodes
  std::uint32_t begin = 0, end = 0;               // bytes of Expr::source that this node was
};

// Children come before their parents; the root is the last node.
struct Expr {
  std::string source;  // NFC-normalised text as written
  SourceSpan at;
  std::vector<ExprNode> nodes;
  std::vector<Cell> constants;  // texts are Symbols of the program; wide numbers do not occur

  bool present() const { return !nodes.empty(); }
  std::uint32_t root() const { return static_cast<std::uint32_t>(nodes.size() - 1); }
};

}  // namespace lianqing
