#include "cli/serve/rule_costs.h"

#include <algorithm>
#include <numeric>

namespace lianqing {

void RuleCosts::add(const Program& program, const std::vector<std::uint64_t>& judgements,
                    double seconds) {
  const std::uint64_t total =
      std::accumulate(judgements.begin(), judgements.end(), std::uint64_t{0});
  if (total == 0) return;
  for (std::size_t i = 0; i < std::min(judgements.size(), program.rules.size()); ++i) {
    if (judgements[i] == 0) continue;
    RuleCost& cost = costs_[program.rules[i].id];
    cost.judgements += judgements[i];
    cost.seconds += seconds * static_cast<double>(judgements[i]) / static_cast<double>(total);
  }
}

}  // namespace lianqing
