// What each level obliges: the duties that rules name, looked up once, and the built-in `standard`
// for packs that do not declare one of that name. The numbers of the life that no pack can change
// are here too.
#pragma once

#include <vector>

#include "rules/program.h"

namespace lianqing {

inline constexpr std::int64_t kSuspensionWorkdays = 30;  // a suspended case is resumed after these
inline constexpr std::int64_t kSuspensionDays = 42;      // without a calendar
inline constexpr std::int64_t kOverrideDays = 30;   // an override ends on this day at the latest
inline constexpr std::int64_t kForgetDays = 731;    // a case that is over is kept for two years
inline constexpr std::uint32_t kMostDoublings = 4;  // of the observation, by relapses
inline constexpr std::size_t kMostWarnings = 256;   // of one case, beside the first

// The built-in duty.
const Duty& standard_duty();

// What the life needs to know of a rule.
struct RuleLife {
  const Duty* duty = nullptr;          // null: no obligations
  bool roll_up = false;                // it looks at the units below
  std::vector<std::uint32_t> absorbs;  // rules whose cases its red takes over, sorted
};

class DutyTable {
 public:
  explicit DutyTable(const Program& program);

  // kNone if the program does not have the rule (any more).
  std::uint32_t rule(std::string_view id) const;
  // For kNone: no obligations.
  const RuleLife& life(std::uint32_t rule) const;
  // The obligations of a level; empty ones for green or no duty.
  const DutyLevel& level(std::uint32_t rule, Level level) const;
  const std::vector<LadderStep>& ladder(std::uint32_t rule) const;
  const Program& program() const { return program_; }

 private:
  const Program& program_;
  std::vector<RuleLife> rules_;  // one per Program::rules
};

}  // namespace lianqing
