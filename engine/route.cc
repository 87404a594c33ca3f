#include "engine/route.h"

#include <algorithm>

#include "rules/operators.h"

namespace lianqing {
namespace {

struct Demand {
  std::uint32_t slot = kNone;
  std::vector<Symbol> texts;
};

// `field == 'text'` or `field in ['a', 'b']`; slot kNone if the node is something else.
Demand demand_of(const Expr& expr, const ExprNode& node) {
  Demand out;
  if (node.op == Op::equal) {
    const ExprNode *field = &expr.nodes[node.a], *constant = &expr.nodes[node.b];
    if (field->op == Op::constant) std::swap(field, constant);
    if (field->op != Op::field || constant->op != Op::constant) return out;
    const Cell& cell = expr.constants[constant->a];
    if (cell.tag != CellTag::text) return out;
    out.slot = field->a;
    out.texts.push_back(static_cast<Symbol>(cell.num));
  } else if (node.op == Op::in) {
    const ExprNode &field = expr.nodes[node.a], &list = expr.nodes[node.b];
    if (field.op != Op::field || list.op != Op::list) return out;
    for (std::uint32_t i = 0; i < list.b; ++i) {
      const Cell& cell = expr.constants[list.a + i];
      if (cell.tag != CellTag::text) return {};
      out.texts.push_back(static_cast<Symbol>(cell.num));
    }
    out.slot = field.a;
  }
  return out;
}

// The first demand among the expression's top-level conjuncts.
Demand find_demand(const Expr& expr, std::uint32_t index) {
  const ExprNode& node = expr.nodes[index];
  if (node.op != Op::logical_and) return demand_of(expr, node);
  Demand left = find_demand(expr, node.a);
  return left.slot != kNone ? left : find_demand(expr, node.b);
}

void add_stream(TypeRoute& route, std::uint32_t stream, const Demand& demand) {
  if (demand.slot == kNone) {
    route.streams.push_back(stream);
    return;
  }
  auto at = std::find_if(route.discriminators.begin(), route.discriminators.end(),
                         [&](const Discriminator& d) { return d.slot == demand.slot; });
  if (at == route.discriminators.end()) {
    at = route.discriminators.insert(at, Discriminator{demand.slot, {}});
  }
  for (const Symbol text : demand.texts) {
    auto& streams = at->streams[text];
    if (streams.empty() || streams.back() != stream) streams.push_back(stream);
  }
}

void route_streams(const Program& program, Route& route) {
  for (std::uint32_t s = 0; s < program.streams.size(); ++s) {
    const Stream& stream = program.streams[s];
    if (stream.source == StreamSource::sequence_matches) {
      route.sequence_streams[stream.sequence].push_back(s);
      continue;
    }
    if (stream.source != StreamSource::events) {
      route.item_views[stream.item].push_back({kNone, s, stream.where, stream.key});
      continue;
    }
    Demand demand;
    if (stream.where != kNone && program.exprs[stream.where].present()) {
      demand = find_demand(program.exprs[stream.where], program.exprs[stream.where].root());
    }
    if (stream.any_type) {
      for (TypeRoute& type : route.types) add_stream(type, s, demand);
      add_stream(route.unnamed, s, demand);
    }
    for (const std::uint32_t type : stream.types) add_stream(route.types[type], s, demand);
  }
}

ItemFeed& feed_of(TypeRoute& route, std::uint32_t item) {
  for (ItemFeed& feed : route.items) {
    if (feed.item == item) return feed;
  }
  return route.items.emplace_back(ItemFeed{item, false, false, false});
}

void route_items(const Program& program, Route& route) {
  for (std::uint32_t i = 0; i < program.items.size(); ++i) {
    const Item& item = program.items[i];
    for (const auto type : item.open) feed_of(route.types[type], i).opens = true;
    for (const auto type : item.close) feed_of(route.types[type], i).closes = true;
    for (const auto type : item.extend) feed_of(route.types[type], i).extends = true;
  }
}

void route_sequences(const Program& program, Route& route) {
  for (std::uint32_t i = 0; i < program.sequences.size(); ++i) {
    const auto feed = [i](TypeRoute& type) {
      if (type.sequences.empty() || type.sequences.back() != i) type.sequences.push_back(i);
    };
    const auto feed_step = [&](const SequenceStep& step) {
      for (const std::uint32_t type : step.types) feed(route.types[type]);
      if (!step.any_type) return;
      for (TypeRoute& type : route.types) feed(type);
      feed(route.unnamed);
    };
    for (const SequenceStep& step : program.sequences[i].steps) feed_step(step);
    if (program.sequences[i].without) feed_step(*program.sequences[i].without);
  }
}

Threshold threshold_of(const Program& program, const Expr& expr) {
  if (!expr.present()) return {};
  const ExprNode& root = expr.nodes[expr.root()];
  if (!is_comparison(root.op)) return {};
  const ExprNode *measure = &expr.nodes[root.a], *limit = &expr.nodes[root.b];
  Op op = root.op;
  if (measure->op != Op::measure) {
    std::swap(measure, limit);
    op = mirrored(op);
  }
  if (measure->op != Op::measure) return {};
  Cell cell;
  if (limit->op == Op::constant) cell = expr.constants[limit->a];
  if (limit->op == Op::param) cell = program.params[limit->a].value;
  if (cell.tag != CellTag::number) return {};
  return {measure->a, op, Number::ratio(cell.num, cell.den), measure->handled};
}

FieldTest field_test_of(const Program& program, const Expr& expr) {
  if (!expr.present()) return {};
  const ExprNode& root = expr.nodes[expr.root()];
  if (!is_comparison(root.op)) return {};
  const ExprNode *field = &expr.nodes[root.a], *limit = &expr.nodes[root.b];
  Op op = root.op;
  if (field->op != Op::field) {
    std::swap(field, limit);
    op = mirrored(op);
  }
  if (field->op != Op::field) return {};
  Cell cell;
  if (limit->op == Op::constant) cell = expr.constants[limit->a];
  if (limit->op == Op::param) cell = program.params[limit->a].value;
  const bool equality = op == Op::equal || op == Op::unequal;
  if (cell.tag != CellTag::number && !(cell.tag == CellTag::text && equality)) return {};
  return {field->a, op, cell};
}

// The measures a rule depends on, through `value` too.
void closure(const Program& program, std::uint32_t measure, std::vector<std::uint32_t>& out) {
  if (std::find(out.begin(), out.end(), measure) != out.end()) return;
  out.push_back(measure);
  for (const std::uint32_t read : program.measures[measure].reads) closure(program, read, out);
}

void add_once(std::vector<std::uint32_t>& list, std::uint32_t value) {
  if (list.empty() || list.back() != value) list.push_back(value);
}

}  // namespace

// A field that is missing, or of another kind, does not compare. Equal texts are equal symbols.
bool FieldTest::holds(const Cell& cell) const {
  if (cell.tag != limit.tag) return false;
  if (cell.tag == CellTag::text) return compares(op, cell.num <=> limit.num);
  return compares(op, Wide{cell.num} * limit.den <=> Wide{limit.num} * cell.den);
}

Route::Route(const Program& program)
    : types(program.types.size()),
      stream_windows(program.streams.size()),
      window_measures(program.windows.size()),
      window_rules(program.windows.size()),
      measure_rules(program.measures.size()),
      item_views(program.items.size()),
      sequence_streams(program.sequences.size()),
      view_rules(program.warnings.size()),
      rule_views(program.rules.size()) {
  route_streams(program, *this);
  route_items(program, *this);
  route_sequences(program, *this);
  for (std::uint32_t v = 0; v < program.warnings.size(); ++v) {
    for (const std::uint32_t rule : program.warnings[v].covers) rule_views[rule].push_back(v);
  }
  for (std::uint32_t w = 0; w < program.windows.size(); ++w) {
    stream_windows[program.windows[w].stream].push_back(w);
  }
  for (std::uint32_t m = 0; m < program.measures.size(); ++m) {
    const Measure& measure = program.measures[m];
    if (measure.window != kNone) window_measures[measure.window].push_back(m);
    if (measure.item != kNone) {
      item_views[measure.item].push_back({m, kNone, measure.item_where, measure.key});
    }
  }
  for (const Expr& expr : program.exprs) {
    thresholds.push_back(threshold_of(program, expr));
    field_tests.push_back(field_test_of(program, expr));
  }
  clocked.resize(program.windows.size());
  clocked_streams.resize(program.streams.size());
  for (const Measure& measure : program.measures) {
    if (measure.window == kNone || (measure.aggregate != Aggregate::age && !measure.every))
      continue;
    clocked[measure.window] = true;
    clocked_streams[program.windows[measure.window].stream] = true;
  }
  for (std::uint32_t r = 0; r < program.rules.size(); ++r) {
    const Rule& rule = program.rules[r];
    if (rule.status != RuleStatus::active && rule.status != RuleStatus::shadow) continue;
    judged_rules.push_back(r);
    if (!rule.keyed) unkeyed_rules.push_back(r);
    std::vector<std::uint32_t> reads;
    for (const std::uint32_t m : rule.measures) closure(program, m, reads);
    for (const std::uint32_t m : reads) {
      add_once(measure_rules[m], r);
      const std::uint32_t view = program.measures[m].warnings;
      if (view != kNone) add_once(view_rules[view], r);
      if (program.measures[m].window != kNone)
        add_once(window_rules[program.measures[m].window], r);
    }
  }
  quiet = Quiet(program, window_rules, stream_windows);
}

}  // namespace lianqing
