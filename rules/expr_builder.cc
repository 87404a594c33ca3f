#include "rules/expr_builder.h"

#include <algorithm>
#include <utility>

#include "lianqing/assert.h"
#include "rules/expr_guard.h"
#include "rules/regex.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr int kMostDecimals = 6;

bool fits(ValueType found, ValueType wanted) {
  return found == wanted || found == ValueType::dynamic;
}

Bilingual join(std::string_view zh, std::string_view en) {
  return {std::string(zh), std::string(en)};
}

// Of the operand at which a text could become a date or a time.
bool is_day_or_time(ValueType type) { return type == ValueType::date || type == ValueType::time; }

// What to write instead of a literal of the wrong kind.
Bilingual quote_advice(const ExprSource& source, const Part& literal, ValueType found,
                       ValueType wanted, const std::string& text) {
  const std::string shown = source.shown(literal.begin, literal.end);
  if (found == ValueType::text && wanted == ValueType::number && Number::parse(text)) {
    return join("去掉引号：" + text, "remove the quotes: " + text);
  }
  if (found == ValueType::number && wanted == ValueType::text) {
    return join("加上引号：'" + shown + "'", "put it in quotes: '" + shown + "'");
  }
  return {};
}

// The day that a text or a difference of numbers most likely is.
Bilingual date_advice(std::string_view text) {
  const auto meant = date_meant(text);
  if (!meant) return {};
  return join("写成 '" + *meant + "'", "write '" + *meant + "'");
}

}  // namespace

std::string in_quotes(const std::string& shown) {
  const bool quoted = shown.starts_with('\'') || shown.starts_with('"');
  return quoted ? shown : "'" + shown + "'";
}

Bilingual type_name(ValueType type) {
  switch (type) {
    case ValueType::boolean: return {"真假", "true or false"};
    case ValueType::number: return {"数字", "a number"};
    case ValueType::text: return {"文字", "a text"};
    case ValueType::time: return {"时刻", "a time"};
    case ValueType::date: return {"日期", "a date"};
    case ValueType::list: return {"列表", "a list"};
    case ValueType::dynamic: return {"任意值", "any value"};
    case ValueType::null: return {"空值 null", "null"};
  }
  return {};
}

// ---- nodes

Part ExprBuilder::add(const ExprSource& source, Stretch at, ExprNode node, ValueType type) {
  const ExprSource::Range range = source.outermost(at.begin, at.end);
  node.begin = range.begin;
  node.end = range.end;
  expr_.nodes.push_back(node);
  types_.push_back(type);
  Part out;
  out.begin = at.begin;
  out.end = at.end;
  out.node = expr_.root();
  return out;
}

void ExprBuilder::drop_last() {
  expr_.nodes.pop_back();
  types_.pop_back();
}

Part ExprBuilder::constant(const ExprSource& source, Stretch at, ValueType type, Cell cell) {
  expr_.constants.push_back(cell);
  texts_.emplace_back();
  places_.push_back(at);
  return add(source, at, ExprNode{Op::constant, false, next_constant() - 1}, type);
}

Part ExprBuilder::text(const ExprSource& source, Stretch at, std::string value) {
  Cell cell;
  cell.tag = CellTag::text;
  const Part out = constant(source, at, ValueType::text, cell);
  texts_.back() = std::move(value);
  return out;
}

Part ExprBuilder::unknown(const ExprSource& source, Stretch at) {
  return constant(source, at, ValueType::dynamic);
}

Part ExprBuilder::name(const ExprSource& source, Stretch at, const NamedValue& value) {
  return add(source, at, ExprNode{value.op, false, value.index}, value.type);
}

Part ExprBuilder::list(const ExprSource& source, Stretch at, const std::vector<Cell>& elements) {
  const std::uint32_t first = next_constant();
  expr_.constants.insert(expr_.constants.end(), elements.begin(), elements.end());
  texts_.resize(expr_.constants.size());
  places_.resize(expr_.constants.size(), at);
  // The scope has interned these already: kNone keeps finish() from doing it again.
  for (std::uint32_t i = first; i < next_constant(); ++i) places_[i].end = kNone;
  return list(source, at, first, static_cast<std::uint32_t>(elements.size()));
}

Part ExprBuilder::list(const ExprSource& source, Stretch at, std::uint32_t first,
                       std::uint32_t count) {
  return add(source, at, ExprNode{Op::list, false, first, count}, ValueType::list);
}

bool ExprBuilder::take_element(const Part& element) {
  const bool constant = op(element) == Op::constant && type(element) != ValueType::null &&
                        type(element) != ValueType::dynamic && element.node == expr_.root();
  if (constant) drop_last();
  return constant;
}

void ExprBuilder::move_constants(std::uint32_t first, Stretch at) {
  for (std::uint32_t i = first; i < next_constant(); ++i) {
    if (places_[i].end != kNone) places_[i] = at;
  }
}

CompiledExpr ExprBuilder::finish(const Part& root, std::string text, const SourceSpan& at) {
  LQ_ASSERT(root.node == expr_.root());
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    Cell& cell = expr_.constants[i];
    if (cell.tag == CellTag::text && places_[i].end != kNone) cell.num = scope_.intern(texts_[i]);
  }
  mark_handled(expr_);
  expr_.source = std::move(text);
  expr_.at = at;
  return CompiledExpr{std::move(expr_), types_[root.node]};
}

// ---- kinds of operands

bool ExprBuilder::require(const ExprSource& source, const Part& part, ValueType wanted,
                          Stretch sign) {
  if (fits(type(part), wanted)) return true;
  const std::string what = source.shown(part.begin, part.end);
  const std::string for_what = source.shown(sign.begin, sign.end);
  const Bilingual found = type_name(type(part)), expected = type_name(wanted);
  Bilingual advice;
  if (is_literal(part)) {
    advice = quote_advice(source, part, type(part), wanted, texts_[expr_.nodes[part.node].a]);
  } else if (wanted == ValueType::boolean && type(part) == ValueType::number) {
    advice = join("写出比较，如 " + what + " >= 1", "compare it: " + what + " >= 1");
  }
  source.error("R103", part.begin, part.end,
               join("“" + for_what + "”需要" + expected.zh + "，而“" + what + "”是" + found.zh,
                    "'" + for_what + "' needs " + expected.en + ", but " + in_quotes(what) +
                        " is " + found.en),
               advice);
  return false;
}

bool ExprBuilder::read_as(const ExprSource& source, std::uint32_t constant, ValueType target,
                          Stretch at) {
  const std::string& text = texts_[constant];
  Cell& cell = expr_.constants[constant];
  if (target == ValueType::date) {
    if (const auto date = parse_date(text)) {
      cell = Cell{CellTag::date, 1, date->time_since_epoch().count()};
      return true;
    }
    source.error("R109", at.begin, at.end,
                 join("“" + text + "”不是日期，应写成 年-月-日，如 2026-03-01",
                      "'" + text + "' is no date; expected year-month-day, such as 2026-03-01"),
                 date_advice(text));
    return false;
  }
  if (const auto time = parse_rfc3339(text)) {
    cell = Cell{CellTag::time, 1, micros(*time)};
    return true;
  }
  source.error("R109", at.begin, at.end,
               join("“" + text + "”不是带时区的时刻，应写成 2026-03-01T09:00:00+08:00 的样子",
                    "'" + text +
                        "' is no time with a zone; expected the form "
                        "2026-03-01T09:00:00+08:00"));
  return false;
}

// A text written beside a date or a time is one.
void ExprBuilder::adapt_text(const ExprSource& source, const Part& literal, const Part& other) {
  if (!is_literal(literal) || type(literal) != ValueType::text || !is_day_or_time(type(other))) {
    return;
  }
  const bool read = read_as(source, expr_.nodes[literal.node].a, type(other), literal);
  types_[literal.node] = read ? type(other) : ValueType::dynamic;
}

bool ExprBuilder::same_kind(const ExprSource& source, const Part& a, const Part& b, Stretch sign) {
  adapt_text(source, a, b);
  adapt_text(source, b, a);
  const ValueType x = type(a), y = type(b);
  if (x == y || x == ValueType::dynamic || y == ValueType::dynamic) return true;
  Bilingual advice;
  if (is_literal(b)) {
    advice = quote_advice(source, b, y, x, texts_[expr_.nodes[b.node].a]);
  } else if (is_literal(a)) {
    advice = quote_advice(source, a, x, y, texts_[expr_.nodes[a.node].a]);
  }
  const std::string left = source.shown(a.begin, a.end), right = source.shown(b.begin, b.end);
  // 2026-03-05 without quotes is a subtraction.
  if (x == ValueType::date && y == ValueType::number) advice = date_advice(right);
  if (y == ValueType::date && x == ValueType::number) advice = date_advice(left);
  source.error("R102", sign.begin, sign.end,
               join("两边不是同一类值：“" + left + "”是" + type_name(x).zh + "，“" + right + "”是" +
                        type_name(y).zh,
                    "the two sides are of different kinds: " + in_quotes(left) + " is " +
                        type_name(x).en + ", " + in_quotes(right) + " is " + type_name(y).en),
               advice);
  return false;
}

// ---- operators

Part ExprBuilder::negate(const ExprSource& source, Stretch sign, const Part& a) {
  const Stretch at{sign.begin, a.end};
  if (!require(source, a, ValueType::number, sign)) return unknown(source, at);
  if (!is_literal(a) || type(a) != ValueType::number || a.enclosed) {
    return add(source, at, ExprNode{Op::negate, false, a.node}, ValueType::number);
  }
  // A negative number is one constant, also where only constants may stand.
  ExprNode& node = expr_.nodes[a.node];
  expr_.constants[node.a].num *= -1;
  const ExprSource::Range range = source.outermost(at.begin, at.end);
  node.begin = range.begin;
  node.end = range.end;
  places_[node.a] = at;
  Part out = a;
  out.begin = at.begin;
  return out;
}

Part ExprBuilder::logical_not(const ExprSource& source, Stretch sign, const Part& a,
                              bool compared) {
  if (!compared) require(source, a, ValueType::boolean, sign);
  Part out = add(source, {sign.begin, a.end}, ExprNode{Op::logical_not, false, a.node},
                 ValueType::boolean);
  out.operand = a.begin;
  return out;
}

Part ExprBuilder::connective(const ExprSource& source, Op op, Stretch sign, const Part& a,
                             const Part& b) {
  require(source, a, ValueType::boolean, sign);
  require(source, b, ValueType::boolean, sign);
  return add(source, {a.begin, b.end}, ExprNode{op, false, a.node, b.node}, ValueType::boolean);
}

Part ExprBuilder::arithmetic(const ExprSource& source, Op op, Stretch sign, const Part& a,
                             const Part& b) {
  const Stretch at{a.begin, b.end};
  const bool left = require(source, a, ValueType::number, sign);
  const bool right = require(source, b, ValueType::number, sign);
  if (!left || !right) return unknown(source, at);
  return add(source, at, ExprNode{op, false, a.node, b.node}, ValueType::number);
}

bool ExprBuilder::null_comparison(const ExprSource& source, Op op, Stretch sign, const Part& a,
                                  const Part& b) {
  if (type(a) != ValueType::null && type(b) != ValueType::null) return false;
  if (op == Op::equal || op == Op::unequal) return true;
  const Part& other = type(a) == ValueType::null ? b : a;
  const std::string name = source.shown(other.begin, other.end);
  source.error("R110", sign.begin, sign.end,
               join("空值 null 不分大小，只能用 == null 或 != null 判断",
                    "null is neither small nor large; it can only be tested by == null or != null"),
               join("写成 " + name + " != null", "write " + name + " != null"));
  return true;
}

// `not a == b` reads as (not a) == b, which is hardly ever meant.
bool ExprBuilder::binds_too_tight(const ExprSource& source, const Part& a, const Part& b) {
  if (op(a) != Op::logical_not || a.enclosed) return false;
  const std::string better = "not (" + source.shown(a.operand, b.end) + ")";
  source.error("R111", a.begin, a.end,
               join("“not”只作用于紧跟着的一项，不是整个比较",
                    "'not' applies only to what follows it directly, not to the comparison"),
               join("写成 " + better, "write " + better));
  return true;
}

Part ExprBuilder::comparison(const ExprSource& source, Op op, Stretch sign, const Part& a,
                             const Part& b) {
  const Stretch at{a.begin, b.end};
  const bool reported = binds_too_tight(source, a, b);
  if (!reported && !null_comparison(source, op, sign, a, b)) {
    const bool lists = type(a) == ValueType::list || type(b) == ValueType::list;
    const bool ordered = op != Op::equal && op != Op::unequal;
    if (lists) {
      source.error("R112", sign.begin, sign.end,
                   join("列表不能这样比较", "a list cannot be compared like this"),
                   join("判断是否在列表中，写成 x in [...]", "write x in [...]"));
    } else if (same_kind(source, a, b, sign) && ordered &&
               (type(a) == ValueType::boolean || type(b) == ValueType::boolean)) {
      source.error("R103", sign.begin, sign.end,
                   join("真假值不分大小，只能用 == 或 !=",
                        "true and false have no order; expected == or !="));
    }
  }
  return add(source, at, ExprNode{op, false, a.node, b.node}, ValueType::boolean);
}

void ExprBuilder::check_elements(const ExprSource& source, const Part& a, const Part& list) {
  const ExprNode node = expr_.nodes[list.node];
  const ValueType wanted = type(a);
  for (std::uint32_t i = node.a; i < node.a + node.b; ++i) {
    const bool known_by_name = places_[i].end == kNone;
    const Stretch at = known_by_name ? Stretch{list.begin, list.end} : places_[i];
    const CellTag tag = expr_.constants[i].tag;
    const bool written = !known_by_name && tag == CellTag::text;
    if (written && is_day_or_time(wanted)) {
      read_as(source, i, wanted, at);
      continue;
    }
    const ValueType found = tag == CellTag::boolean  ? ValueType::boolean
                            : tag == CellTag::number ? ValueType::number
                            : tag == CellTag::text   ? ValueType::text
                            : tag == CellTag::time   ? ValueType::time
                            : tag == CellTag::date   ? ValueType::date
                                                     : ValueType::dynamic;
    if (fits(found, wanted) || wanted == ValueType::dynamic) continue;
    const std::string what = source.shown(at.begin, at.end);
    const std::string of = source.shown(a.begin, a.end);
    const Bilingual holds = type_name(found), is = type_name(wanted);
    source.error(
        "R102", at.begin, at.end,
        join((known_by_name ? "列表“" + what + "”里有" : "列表里的“" + what + "”是") + holds.zh +
                 "，而“" + of + "”是" + is.zh,
             (known_by_name ? "list " + in_quotes(what) + " holds " : in_quotes(what) + " is ") +
                 holds.en + ", but " + in_quotes(of) + " is " + is.en));
    return;
  }
}

Part ExprBuilder::in(const ExprSource& source, const Part& a, const Part& b) {
  const ValueType left = type(a), right = type(b);
  if (binds_too_tight(source, a, b)) {
    // Reported; what follows would only repeat it.
  } else if (left == ValueType::null || left == ValueType::list) {
    source.error("R112", a.begin, a.end,
                 join("“in”左边应是单个值，这里是" + type_name(left).zh,
                      "left of 'in' a single value is expected, not " + type_name(left).en));
  } else if (!fits(right, ValueType::list)) {
    const std::string what = source.shown(b.begin, b.end), of = source.shown(a.begin, a.end);
    const std::string better = is_literal(b)              ? of + " in [" + what + "]"
                               : right == ValueType::text ? what + ".contains(" + of + ")"
                                                          : of + " == " + what;
    source.error("R112", b.begin, b.end,
                 join("“in”右边应是列表，而“" + what + "”是" + type_name(right).zh,
                      "right of 'in' a list is expected, but " + in_quotes(what) + " is " +
                          type_name(right).en),
                 join("写成 " + better, "write " + better));
  } else if (op(b) == Op::list) {
    check_elements(source, a, b);
  }
  return add(source, {a.begin, b.end}, ExprNode{Op::in, false, a.node, b.node}, ValueType::boolean);
}

Part ExprBuilder::choose(const ExprSource& source, Stretch sign, const Part& condition,
                         const Part& yes, const Part& no) {
  require(source, condition, ValueType::boolean, sign);
  ValueType result = type(yes);
  if (result == ValueType::null) {
    result = type(no);
  } else if (type(no) != ValueType::null) {
    const bool same = same_kind(source, yes, no, no);
    result = same && type(yes) == type(no) ? type(yes) : ValueType::dynamic;
  }
  return add(source, {condition.begin, no.end},
             ExprNode{Op::choose, false, condition.node, yes.node, no.node}, result);
}

// ---- functions

Part ExprBuilder::call_matches(const ExprSource& source, Stretch at, Stretch name,
                               const std::vector<Part>& arguments) {
  require(source, arguments[0], ValueType::text, name);
  const Part& pattern = arguments[1];
  const bool literal = is_literal(pattern) && type(pattern) == ValueType::text;
  if (!literal) {
    source.error("R108", pattern.begin, pattern.end,
                 join("matches 的第二项必须是写在引号里的模式",
                      "the pattern of matches must be a text in quotes"),
                 join("如 matches('^A[0-9]+$')", "such as matches('^A[0-9]+$')"));
    return unknown(source, at);
  }
  const std::string& text = texts_[expr_.nodes[pattern.node].a];
  if (const auto wrong = regex_error(text)) {
    source.error("R108", pattern.begin, pattern.end,
                 join("模式写法有误：" + *wrong, "the pattern is not valid: " + *wrong));
    return unknown(source, at);
  }
  const std::uint32_t index = scope_.pattern(text);
  // The pattern is no operand; its constant stays behind without a text.
  const std::uint32_t constant = expr_.nodes[pattern.node].a;
  expr_.constants[constant] = Cell{};
  drop_last();
  return add(source, at, ExprNode{Op::matches, false, arguments[0].node, index},
             ValueType::boolean);
}

Part ExprBuilder::call_round(const ExprSource& source, Stretch at, Stretch name,
                             const std::vector<Part>& arguments) {
  if (!require(source, arguments[0], ValueType::number, name)) return unknown(source, at);
  if (arguments.size() == 1) {
    const Part whole = constant(source, name, ValueType::number, Cell{CellTag::number, 1, 0});
    return add(source, at, ExprNode{Op::round, false, arguments[0].node, whole.node},
               ValueType::number);
  }
  const Part& decimals = arguments[1];
  bool valid = is_literal(decimals) && type(decimals) == ValueType::number;
  if (valid) {
    const Cell cell = expr_.constants[expr_.nodes[decimals.node].a];
    valid = cell.den == 1 && cell.num >= 0 && cell.num <= kMostDecimals;
  }
  if (!valid) {
    source.error("R107", decimals.begin, decimals.end,
                 join("round 的第二项是小数位数，应为 0 到 6 的整数",
                      "the second argument of round is the number of decimals: a whole number "
                      "from 0 to 6"));
    return unknown(source, at);
  }
  return add(source, at, ExprNode{Op::round, false, arguments[0].node, decimals.node},
             ValueType::number);
}

Part ExprBuilder::call_extreme(const ExprSource& source, Stretch at, Stretch name, Op op,
                               const std::vector<Part>& arguments) {
  bool good = true;
  for (const Part& argument : arguments) {
    good = require(source, argument, ValueType::number, name) && good;
  }
  if (!good) return unknown(source, at);
  Part out = arguments[0];
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    out = add(source, at, ExprNode{op, false, out.node, arguments[i].node}, ValueType::number);
  }
  return out;
}

Part ExprBuilder::call_of_text(const ExprSource& source, Stretch at, Stretch name, Op op,
                               const std::vector<Part>& arguments) {
  const bool of_list = op == Op::contains && type(arguments[0]) == ValueType::list;
  if (of_list) {
    if (this->op(arguments[0]) == Op::list) check_elements(source, arguments[1], arguments[0]);
  } else {
    require(source, arguments[0], ValueType::text, name);
    // What a value of unknown kind contains may be anything.
    const bool any = op == Op::contains && type(arguments[0]) == ValueType::dynamic;
    if (!any) require(source, arguments[1], ValueType::text, name);
  }
  return add(source, at, ExprNode{op, false, arguments[0].node, arguments[1].node},
             ValueType::boolean);
}

Part ExprBuilder::call(const ExprSource& source, Stretch at, Stretch name, Op op,
                       const std::vector<Part>& arguments) {
  const Part& first = arguments[0];
  if (op == Op::matches) return call_matches(source, at, name, arguments);
  if (op == Op::round) return call_round(source, at, name, arguments);
  if (op == Op::minimum || op == Op::maximum) {
    return call_extreme(source, at, name, op, arguments);
  }
  if (op == Op::starts_with || op == Op::ends_with || op == Op::contains) {
    return call_of_text(source, at, name, op, arguments);
  }
  ValueType result = ValueType::number;
  if (op == Op::has) {
    result = ValueType::boolean;
  } else if (op == Op::absolute) {
    require(source, first, ValueType::number, name);
  } else if (type(first) != ValueType::list) {  // size
    require(source, first, ValueType::text, name);
  }
  return add(source, at, ExprNode{op, false, first.node}, result);
}

}  // namespace lianqing
