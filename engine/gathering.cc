#include "engine/gathering.h"

#include <algorithm>

#include "engine/partial_route.h"

namespace lianqing {
namespace {

bool reads_ids(const Program& program) {
  return std::any_of(program.exprs.begin(), program.exprs.end(), [](const Expr& expr) {
    return std::any_of(expr.nodes.begin(), expr.nodes.end(), [](const ExprNode& node) {
      return node.op == Op::event_attr && node.a == 0;
    });
  });
}

}  // namespace

std::unique_ptr<Gathering> Gathering::of(const Program& program, const Route& route,
                                         const Symbols& symbols, const FoldOptions& options,
                                         Admission& general) {
  if (!WholeRows::fits(program.types.size(), program.slots.size())) return nullptr;
  std::optional<FlatPlan> plan = FlatPlan::of(program, route);
  if (!plan) return nullptr;
  auto out = std::make_unique<Gathering>(*std::move(plan), program.slots.size(), general);
  out->ids = options.reasons || reads_ids(program);
  if (out->plan.mixed) {
    out->other_route = route_of(program, out->plan.others);
    out->other_rules.emplace(program, *out->other_route, symbols, options);
  }
  return out;
}

}  // namespace lianqing
