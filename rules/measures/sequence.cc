// sequence: one event followed by another in time, or by nothing.
#include <algorithm>

#include "rules/measures/lowering.h"
#include "rules/report.h"
#include "rules/scope.h"

namespace lianqing {
namespace {

// Adds what the children of a node refer to.
void shift(ExprNode& node, std::uint32_t nodes, std::uint32_t constants) {
  switch (node.op) {
    case Op::constant:
    case Op::list: node.a += constants; return;
    case Op::param:
    case Op::field:
    case Op::event_attr:
    case Op::measure:
    case Op::unit_attr:
    case Op::key:
    case Op::level:
    case Op::warning_attr: return;
    case Op::matches: node.a += nodes; return;
    default:
      for (std::uint32_t* child : {&node.a, &node.b, &node.c}) {
        if (*child != kNone) *child += nodes;
      }
  }
}

Expr conjunction(Expr first, const Expr& second) {
  const auto nodes = static_cast<std::uint32_t>(first.nodes.size());
  const auto constants = static_cast<std::uint32_t>(first.constants.size());
  const std::uint32_t left = first.root();
  for (ExprNode node : second.nodes) {
    shift(node, nodes, constants);
    node.begin = node.end = 0;  // it stands in another text
    first.nodes.push_back(node);
  }
  first.constants.insert(first.constants.end(), second.constants.begin(), second.constants.end());
  first.nodes.push_back(ExprNode{Op::logical_and, false, left, first.root()});
  return first;
}

// The condition of one step, or of what is excluded: its own and that of the whole sequence.
std::uint32_t lower_condition(const Selection& step, const Text& common, Names& names) {
  EventScope scope(names, step);
  auto own = compile_text(step.where, scope, true, names);
  auto whole = compile_text(common, scope, true, names);
  if (!own && !whole) return kNone;
  if (!own || !whole) return names.tables.share(std::move((own ? own : whole)->expr));
  return names.tables.share(conjunction(std::move(own->expr), whole->expr));
}

SequenceStep lower_step(const Selection& step, const Text& common, Names& names) {
  SequenceStep out;
  out.types = type_indices(step, names);
  out.any_type = step.any;
  out.where = lower_condition(step, common, names);
  return out;
}

// `on` is a field of every step and of what is excluded.
bool lower_on(const MeasureSyntax& syntax, Names& names, Sequence& sequence) {
  if (!syntax.on.present) return true;
  std::vector<const Selection*> all;
  for (const Selection& step : syntax.steps) all.push_back(&step);
  if (syntax.without.present) all.push_back(&syntax.without);
  for (const Selection* step : all) {
    EventScope scope(names, *step);
    const auto field = scope.field(syntax.on);
    if (!field) return false;
    sequence.on = field->index;
    if (field->type != ValueType::list) continue;
    report(names.out, "R155", syntax.on.at,
           {"“" + syntax.on.text + "”是列表，不能用来配对",
            "'" + syntax.on.text + "' is a list and cannot tell which events belong together"},
           {"选一个单值字段", "take a field with a single value"});
    return false;
  }
  return true;
}

// What follows one step alone must be said: nothing of `without`, for `within`.
bool check_absence(const MeasureSyntax& syntax, Names& names) {
  if (syntax.steps.size() != 1 || (syntax.without.present && syntax.within.present)) return true;
  const bool both = !syntax.without.present && !syntax.within.present;
  const std::string key = syntax.without.present ? "within" : "without";
  report(
      names.out, "R042", syntax.steps[0].at,
      {both ? "只有一步的序列需要 without 和 within" : "只有一步的序列还需要 " + key,
       both ? "a sequence of one step needs 'without' and 'within'"
            : "a sequence of one step needs '" + key + "' too"},
      {"例如 {sequence: 甲, without: 乙, within: 15 workdays}：甲之后 15 个工作日内没有乙",
       "such as {sequence: A, without: B, within: 15 workdays}: an A that no B follows in time"});
  return false;
}

}  // namespace

std::optional<std::uint32_t> lower_sequence(const MeasureSyntax& syntax, Names& names) {
  const bool there =
      !syntax.steps.empty() && std::all_of(syntax.steps.begin(), syntax.steps.end(),
                                           [](const Selection& step) { return step.present; });
  if (!there) return std::nullopt;  // reported
  const std::size_t before = names.out.size();
  Sequence sequence;
  sequence.at = syntax.at;
  for (const Selection& step : syntax.steps)
    sequence.steps.push_back(lower_step(step, syntax.where, names));
  if (syntax.without.present) sequence.without = lower_step(syntax.without, syntax.where, names);
  sequence.within = read_span(syntax.within, names, {.workdays = true, .positive = true});
  const bool good = lower_on(syntax, names, sequence) && check_absence(syntax, names);
  const bool failed =
      std::any_of(names.out.begin() + static_cast<std::ptrdiff_t>(before), names.out.end(),
                  [](const Diagnostic& finding) { return finding.severity == Severity::error; });
  if (!good || failed) return std::nullopt;
  return names.tables.sequence(std::move(sequence));
}

}  // namespace lianqing
