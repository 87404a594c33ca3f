// What each rule took of the fold. Judgements are counted; the time is a share of what the fold
// took, by judgements: no rule is timed by itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "rules/program.h"

namespace lianqing {

struct RuleCost {
  std::uint64_t judgements = 0;
  double seconds = 0;
};

class RuleCosts {
 public:
  // Some folding: its judgements by index of the rule, and what it took.
  void add(const Program& program, const std::vector<std::uint64_t>& judgements, double seconds);
  const std::map<std::string, RuleCost>& all() const { return costs_; }  // by id of the rule

 private:
  std::map<std::string, RuleCost> costs_;
};

}  // namespace lianqing
