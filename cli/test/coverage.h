// Which parts of each rule the tests have seen at work: levels entered and left, no data, and every
// limit met exactly and just beside it. Only what happens in tests that expect something of the
// rule counts. Not thread-safe: one per thread, then merged.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "cli/test/trial.h"

namespace lianqing {

// One comparison of a rule's condition.
struct LimitSeen {
  std::string text;      // as written
  bool bounded = false;  // against a number or a param: it has a boundary
  bool timed = false;    // grows with time alone: judged when it meets the limit, not a step before
  bool at_limit = false;
  bool holds = false, fails = false;
  // Distance to the limit on the side whose verdict is not that at the limit; nothing: not seen.
  std::optional<Number> beside;
  Number limit;
  SourceSpan at;

  // One step of the limit as written: 1 for whole numbers, 0.01 for 0.85.
  Number step() const;
  bool just_beside() const { return beside && (timed || *beside <= step()); }
  bool complete() const { return bounded ? at_limit && just_beside() : holds && fails; }
};

struct RuleSeen {
  std::array<bool, kLevels> entered{}, left{};
  bool judged = false, grey = false;
  std::map<std::pair<std::string, std::size_t>, LimitSeen> limits;  // by clause, place in it
};

class Coverage {
 public:
  void judged(const Fold& fold, const Rule& rule, const Leaves& leaves, bool grey);
  void changed(const Warning& change);
  void merge(const Coverage& other);
  const RuleSeen& of(const std::string& rule) const;

 private:
  std::map<std::string, RuleSeen> rules_;
};

// What no test shows, rule by rule, as sentences.
struct Gap {
  std::string rule;
  SourceSpan at;
  Bilingual what;
};
std::vector<Gap> gaps(const Coverage& coverage, const Program& program);

}  // namespace lianqing
