#include "rules/operators.h"

#include "lianqing/assert.h"

namespace lianqing {

std::string_view name_of(Op op) {
  switch (op) {
    case Op::constant: return "constant";
    case Op::list: return "list";
    case Op::param: return "param";
    case Op::field: return "field";
    case Op::event_attr: return "event";
    case Op::measure: return "measure";
    case Op::unit_attr: return "unit";
    case Op::key: return "key";
    case Op::level: return "level";
    case Op::warning_attr: return "warning";
    case Op::logical_and: return "and";
    case Op::logical_or: return "or";
    case Op::logical_not: return "not";
    case Op::negate: return "negate";
    case Op::equal: return "==";
    case Op::unequal: return "!=";
    case Op::less: return "<";
    case Op::less_equal: return "<=";
    case Op::greater: return ">";
    case Op::greater_equal: return ">=";
    case Op::in: return "in";
    case Op::add: return "+";
    case Op::subtract: return "-";
    case Op::multiply: return "*";
    case Op::divide: return "/";
    case Op::remainder: return "%";
    case Op::choose: return "?";
    case Op::has: return "has";
    case Op::size: return "size";
    case Op::absolute: return "abs";
    case Op::minimum: return "min";
    case Op::maximum: return "max";
    case Op::round: return "round";
    case Op::matches: return "matches";
    case Op::starts_with: return "startsWith";
    case Op::ends_with: return "endsWith";
    case Op::contains: return "contains";
  }
  LQ_UNREACHABLE("op");
}

Op mirrored(Op op) {
  switch (op) {
    case Op::less: return Op::greater;
    case Op::less_equal: return Op::greater_equal;
    case Op::greater: return Op::less;
    case Op::greater_equal: return Op::less_equal;
    default: return op;
  }
}

}  // namespace lianqing
