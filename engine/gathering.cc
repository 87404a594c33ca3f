#include "engine/gathering.h"

#include "engine/partial_route.h"

namespace lianqing {

std::unique_ptr<Gathering> Gathering::of(const Program& program, const Route& route,
                                         const Symbols& symbols, const FoldOptions& options,
                                         Admission& general) {
  if (!WholeRows::fits(program.types.size(), program.slots.size())) return nullptr;
  std::optional<FlatPlan> plan = FlatPlan::of(program, route);
  if (!plan) return nullptr;
  auto out = std::make_unique<Gathering>(*std::move(plan), program.slots.size(), general);
  if (out->plan.mixed) {
    out->other_route = route_of(program, out->plan.others);
    out->other_rules.emplace(program, *out->other_route, symbols, options);
  }
  return out;
}

}  // namespace lianqing
