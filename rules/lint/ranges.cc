#include "rules/lint/ranges.h"

#include <algorithm>

namespace lianqing {
namespace {

const Bilingual kCount{"计数不会小于零", "a count is never below zero"};
const Bilingual kShare{"share 在 0 与 1 之间", "a share lies between 0 and 1"};

Bilingual why_field(const std::string& path, const Interval& range) {
  if (range.is_all() || range.none) return {};
  const std::string low = range.low ? range.low->to_string() : "";
  const std::string high = range.high ? range.high->to_string() : "";
  const std::string zh = "字段“" + path + "”", en = "field '" + path + "'";
  if (range.low && range.high)
    return {zh + "在 " + low + " 与 " + high + " 之间",
            en + " lies between " + low + " and " + high};
  if (range.low) return {zh + "不小于 " + low, en + " is at least " + low};
  return {zh + "不大于 " + high, en + " is at most " + high};
}

bool all_history(const WindowSpan& span) { return span.kind == WindowSpan::Kind::all; }

Drift turned(Drift drift) {
  return drift == Drift::up ? Drift::down : drift == Drift::down ? Drift::up : drift;
}

Drift together(Drift a, Drift b) {
  if (a == Drift::still) return b;
  return b == Drift::still || a == b ? a : Drift::any;
}

}  // namespace

Ranges::Ranges(const Program& program) : program_(program) {
  for (const Measure& measure : program.measures) {
    steps_ = 0;
    Known known = know(measure);
    if (measure.empty.tag == CellTag::number) {
      known.range =
          join(known.range, Interval::point(Number::ratio(measure.empty.num, measure.empty.den)));
      if (known.range.is_all()) known.why = {};
    } else if (measure.empty.tag != CellTag::null) {
      known = {};
    }
    all_.push_back(known.range);
    whys_.push_back(known.why);
    drifts_.push_back(drift_of(measure));
  }
  steps_ = 0;
}

// ---- what a measure can be

// Of the values that a stream takes in.
Interval Ranges::of_field(const Stream& stream) const {
  if (stream.value == kNone) return Interval::point(Number(1));
  if (stream.any_type || stream.types.empty()) return Interval::all();
  Interval out = Interval::empty();
  for (const std::uint32_t type : stream.types) {
    const auto& fields = program_.types[type].fields;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const FieldCheck& candidate) {
      return candidate.name == program_.slots[stream.value].path;
    });
    if (field == fields.end()) return Interval::all();
    out = join(out, Interval{field->min, field->max, false, false, false});
  }
  return out;
}

Ranges::Known Ranges::of_stream(const Measure& measure) {
  const Stream& stream = program_.streams[program_.windows[measure.window].stream];
  const Interval zero_up = Interval::at_least(Number(0));
  if (measure.aggregate == Aggregate::average && stream.source == StreamSource::item_closings)
    return {Interval::between(0, 1), {"比率在 0 与 1 之间", "a rate lies between 0 and 1"}};
  const Interval field = of_field(stream);
  const Bilingual why =
      stream.value == kNone ? Bilingual{} : why_field(program_.slots[stream.value].path, field);
  const bool positive = field.low && !(*field.low < Number(0));
  const bool negative = field.high && !(Number(0) < *field.high);
  switch (measure.aggregate) {
    case Aggregate::average:
    case Aggregate::minimum:
    case Aggregate::maximum:
    case Aggregate::median:
    case Aggregate::quantile:
    case Aggregate::first:
    case Aggregate::last: return {field, why};
    case Aggregate::sum:
    case Aggregate::decayed:
      if (positive) return {zero_up, stream.value == kNone ? kCount : why};
      if (negative) return {Interval::at_most(Number(0)), why};
      return {};
    case Aggregate::deviation: return {zero_up, {"标准差不会小于零", "it is never below zero"}};
    default: return {};
  }
}

Ranges::Known Ranges::of_peers(const PeerView& view) {
  switch (view.stat) {
    case PeerStat::count: return {Interval::at_least(0), kCount};
    case PeerStat::rank: return {Interval::at_least(1), {"名次从 1 起", "ranks begin with 1"}};
    case PeerStat::percentile:
      return {Interval::between(0, 100), {"百分位在 0 与 100 之间", "it lies between 0 and 100"}};
    case PeerStat::deviation:
      return {Interval::at_least(0), {"标准差不会小于零", "it is never below zero"}};
    default:
      if (view.subject >= all_.size()) return {};
      return {all_[view.subject], whys_[view.subject]};
  }
}

Ranges::Known Ranges::of_roll_up(const RollUp& roll_up) {
  if (roll_up.how == RollUpHow::count) return {Interval::at_least(0), kCount};
  if (roll_up.how == RollUpHow::share) return {Interval::between(0, 1), kShare};
  if (roll_up.how != RollUpHow::maximum || roll_up.expr == kNone) return {};
  Values known = all_;  // a lower unit's measures come before
  known.resize(program_.measures.size());
  const Expr& expr = program_.exprs[roll_up.expr];
  return {value_of(expr, expr.root(), known), {}};
}

Ranges::Known Ranges::know(const Measure& measure) {
  if (counts_things(measure.aggregate)) return {Interval::at_least(0), kCount};
  if (measure.roll_up != kNone) return of_roll_up(program_.roll_ups[measure.roll_up]);
  if (measure.peers != kNone) return of_peers(program_.peers[measure.peers]);
  if (measure.window != kNone) return of_stream(measure);
  if (measure.value == kNone) return {};
  Values known = all_;  // what it reads comes before it
  known.resize(program_.measures.size());
  const Expr& expr = program_.exprs[measure.value];
  return {value_of(expr, expr.root(), known), {}};
}

// ---- which way it moves

Drift Ranges::drift_of(const Measure& measure) const {
  if (measure.value != kNone && measure.empty.tag == CellTag::null) {
    const Expr& expr = program_.exprs[measure.value];
    return drift_of(expr, expr.root());
  }
  if (measure.warnings != kNone) {
    const WarningView& view = program_.warnings[measure.warnings];
    return !view.active && all_history(view.span) ? Drift::up : Drift::any;
  }
  if (measure.window == kNone) return Drift::any;
  const Window& window = program_.windows[measure.window];
  if (!all_history(window.span) || measure.empty.tag != CellTag::null) return Drift::any;
  const Interval field = of_field(program_.streams[window.stream]);
  switch (measure.aggregate) {
    case Aggregate::count:
    case Aggregate::distinct:
    case Aggregate::top:
    case Aggregate::maximum: return Drift::up;
    case Aggregate::minimum: return Drift::down;
    case Aggregate::sum:
      if (field.low && !(*field.low < Number(0))) return Drift::up;
      return field.high && !(Number(0) < *field.high) ? Drift::down : Drift::any;
    default: return Drift::any;
  }
}

Drift Ranges::drift_of(const Expr& expr, std::uint32_t at) const {
  const ExprNode& node = expr.nodes[at];
  auto scaled = [&](std::uint32_t moving, std::uint32_t by) {
    if (expr.nodes[by].op != Op::constant && expr.nodes[by].op != Op::param) return Drift::any;
    const Cell& cell = expr.nodes[by].op == Op::constant ? expr.constants[expr.nodes[by].a]
                                                         : program_.params[expr.nodes[by].a].value;
    if (cell.tag != CellTag::number) return Drift::any;
    const Drift drift = drift_of(expr, moving);
    return cell.num < 0 ? turned(drift) : drift;
  };
  switch (node.op) {
    case Op::constant:
    case Op::param: return Drift::still;
    case Op::measure: return node.a < drifts_.size() ? drifts_[node.a] : Drift::any;
    case Op::negate: return turned(drift_of(expr, node.a));
    case Op::add:
    case Op::minimum:
    case Op::maximum: return together(drift_of(expr, node.a), drift_of(expr, node.b));
    case Op::subtract: return together(drift_of(expr, node.a), turned(drift_of(expr, node.b)));
    case Op::multiply: {
      const Drift left = scaled(node.a, node.b);
      return left == Drift::any ? scaled(node.b, node.a) : left;
    }
    case Op::divide: return scaled(node.a, node.b);
    case Op::round: return drift_of(expr, node.a);
    default: return Drift::any;
  }
}

// ---- expressions

Interval Ranges::value_of(const Expr& expr, std::uint32_t at, const Values& values) {
  if (!may_go_on()) return Interval::all();
  const ExprNode& node = expr.nodes[at];
  auto part = [&](std::uint32_t child) { return value_of(expr, child, values); };
  switch (node.op) {
    case Op::constant:
    case Op::param: {
      const Cell& cell =
          node.op == Op::constant ? expr.constants[node.a] : program_.params[node.a].value;
      if (cell.tag != CellTag::number) return Interval::all();
      return Interval::point(Number::ratio(cell.num, cell.den));
    }
    case Op::measure: {
      if (node.a >= values.size()) return Interval::all();
      const Measure& measure = program_.measures[node.a];
      if (measure.value == kNone || measure.empty.tag != CellTag::null) return values[node.a];
      const Expr& inner = program_.exprs[measure.value];
      return meet(values[node.a], value_of(inner, inner.root(), values));
    }
    case Op::negate: return -part(node.a);
    case Op::add: return part(node.a) + part(node.b);
    case Op::subtract: return part(node.a) + -part(node.b);
    case Op::multiply: return part(node.a) * part(node.b);
    case Op::divide: return part(node.a) / part(node.b);
    case Op::minimum: return least(part(node.a), part(node.b));
    case Op::maximum: return greatest(part(node.a), part(node.b));
    case Op::absolute: return magnitude(part(node.a));
    case Op::size: return Interval::at_least(0);
    case Op::choose: return join(part(node.b), part(node.c));
    case Op::round: {
      const Interval decimals = node.b == kNone ? Interval::point(0) : part(node.b);
      if (!decimals.is_point()) return Interval::all();
      return rounded(part(node.a), static_cast<int>(decimals.low->num()));
    }
    default: return Interval::all();
  }
}

std::optional<Values> Ranges::when(std::uint32_t expr, bool wanted, const Values& values) {
  steps_ = 0;
  if (expr == kNone) return wanted ? std::optional(values) : std::nullopt;
  const Expr& condition = program_.exprs[expr];
  return narrow(condition, condition.root(), wanted, values);
}

std::optional<Values> Ranges::narrow(const Expr& expr, std::uint32_t at, bool wanted,
                                     Values values) {
  if (!may_go_on()) return values;
  const ExprNode& node = expr.nodes[at];
  switch (node.op) {
    case Op::constant: {
      const Cell& cell = expr.constants[node.a];
      if (cell.tag == CellTag::boolean && (cell.num != 0) != wanted) return std::nullopt;
      return values;
    }
    case Op::logical_not: return narrow(expr, node.a, !wanted, std::move(values));
    case Op::logical_and:
      return wanted ? both(expr, node, true, std::move(values)) : either(expr, node, false, values);
    case Op::logical_or:
      return wanted ? either(expr, node, true, values) : both(expr, node, false, std::move(values));
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal: return compare(expr, node, wanted, std::move(values));
    case Op::measure: {
      if (node.a >= program_.measures.size()) return values;
      const Measure& measure = program_.measures[node.a];
      if (measure.value == kNone || measure.empty.tag != CellTag::null) return values;
      const Expr& inner = program_.exprs[measure.value];
      return narrow(inner, inner.root(), wanted, std::move(values));
    }
    default: return values;
  }
}

std::optional<Values> Ranges::both(const Expr& expr, const ExprNode& node, bool wanted,
                                   Values values) {
  auto first = narrow(expr, node.a, wanted, std::move(values));
  if (!first) return first;
  auto second = narrow(expr, node.b, wanted, *std::move(first));
  if (!second) return second;
  return narrow(expr, node.a, wanted, *std::move(second));  // knowing what the other side says
}

std::optional<Values> Ranges::either(const Expr& expr, const ExprNode& node, bool wanted,
                                     const Values& values) {
  auto first = narrow(expr, node.a, wanted, values), second = narrow(expr, node.b, wanted, values);
  if (!first || !second) return first ? first : second;
  for (std::size_t i = 0; i < first->size(); ++i) (*first)[i] = join((*first)[i], (*second)[i]);
  return first;
}

namespace {

Op opposite(Op op) {
  switch (op) {
    case Op::less: return Op::greater_equal;
    case Op::less_equal: return Op::greater;
    case Op::greater: return Op::less_equal;
    case Op::greater_equal: return Op::less;
    case Op::equal: return Op::unequal;
    default: return Op::equal;
  }
}

bool is_null_or_text(const Expr& expr, std::uint32_t at) {
  const ExprNode& node = expr.nodes[at];
  return node.op == Op::constant && expr.constants[node.a].tag != CellTag::number;
}

}  // namespace

std::optional<Values> Ranges::compare(const Expr& expr, const ExprNode& node, bool wanted,
                                      Values values) {
  const Op op = wanted ? node.op : opposite(node.op);
  if (is_null_or_text(expr, node.a) || is_null_or_text(expr, node.b)) return values;
  const Interval a = value_of(expr, node.a, values), b = value_of(expr, node.b, values);
  Interval left = Interval::all(), right = Interval::all();
  switch (op) {
    case Op::less:
    case Op::less_equal:
      left = below(b, op == Op::less_equal);
      right = above(a, op == Op::less_equal);
      break;
    case Op::greater:
    case Op::greater_equal:
      left = above(b, op == Op::greater_equal);
      right = below(a, op == Op::greater_equal);
      break;
    case Op::equal:
      left = b;
      right = a;
      break;
    default:
      if (a.is_point() && b.is_point() && *a.low == *b.low) return std::nullopt;
  }
  if (a.none || b.none || meet(a, left).none || meet(b, right).none) return std::nullopt;
  auto keep = [&](std::uint32_t side, const Interval& range) {
    const ExprNode& at = expr.nodes[side];
    if (at.op == Op::measure && at.a < values.size()) values[at.a] = meet(values[at.a], range);
  };
  keep(node.a, left);
  keep(node.b, right);
  return values;
}

}  // namespace lianqing
