#include "engine/casebook/duty_table.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr Span workdays(std::int64_t n) { return {true, n}; }
constexpr Span calendar_days(std::int64_t n) { return {false, days(n).count()}; }

const Duty& no_duty() {
  static const Duty kNoDuty;
  return kNoDuty;
}

Duty make_standard() {
  Duty duty;
  duty.name = "standard";
  duty.title = {"标准处置", "Standard"};
  DutyLevel& yellow = duty.levels[1];
  yellow.steps = {
      {"sign", {"签收", "Sign"}, "unit_head", workdays(2)},
      {"plan", {"制定整改清单", "Rectification list"}, "unit_head", workdays(5)},
      {"finish", {"完成整改", "Finish rectification"}, "leader_in_charge", workdays(15)},
  };
  yellow.observe = calendar_days(30);
  yellow.extension = workdays(10);
  DutyLevel& red = duty.levels[2];
  red.steps = {
      {"sign", {"签收", "Sign"}, "main_leader", workdays(1)},
      {"plan", {"制定整改清单", "Rectification list"}, "main_leader", workdays(3)},
      {"interview", {"约谈", "Interview"}, "main_leader", workdays(5)},
      {"finish", {"完成整改", "Finish rectification"}, "main_leader", workdays(30)},
  };
  red.observe = calendar_days(60);
  red.triage = true;
  duty.ladder = {
      {"chase", {"催办", "Chase"}, "unit_liaison", workdays(0)},
      {"leader", {"抄送分管领导", "Copy to the leader in charge"}, "leader_in_charge", workdays(1)},
      {"parent", {"报上级主管单位", "To the parent unit"}, "parent_unit", workdays(3)},
      {"discipline", {"报派驻纪检组", "To the discipline team"}, "discipline_desk", workdays(5)},
      {"red", {"升为红色", "Raise to red"}, "operator", workdays(10)},
  };
  return duty;
}

const Duty* find_duty(const Program& program, const std::string& name) {
  for (const Duty& duty : program.duties) {
    if (duty.name == name) return &duty;
  }
  return name == standard_duty().name ? &standard_duty() : nullptr;
}

}  // namespace

const Duty& standard_duty() {
  static const Duty kStandard = make_standard();
  return kStandard;
}

DutyTable::DutyTable(const Program& program) : program_(program) {
  for (const Rule& rule : program.rules) {
    RuleLife& life = rules_.emplace_back();
    life.duty = find_duty(program, rule.duty);
    for (const std::uint32_t index : rule.measures) {
      const Measure& measure = program.measures[index];
      life.roll_up = life.roll_up || measure.aggregate == Aggregate::roll_up;
      if (measure.aggregate != Aggregate::warnings) continue;
      const auto& covers = program.warnings[measure.warnings].covers;
      life.absorbs.insert(life.absorbs.end(), covers.begin(), covers.end());
    }
    std::sort(life.absorbs.begin(), life.absorbs.end());
    life.absorbs.erase(std::unique(life.absorbs.begin(), life.absorbs.end()), life.absorbs.end());
  }
}

std::uint32_t DutyTable::rule(std::string_view id) const {
  const auto& rules = program_.rules;
  const auto at = std::lower_bound(rules.begin(), rules.end(), id,
                                   [](const Rule& r, std::string_view n) { return r.id < n; });
  if (at == rules.end() || at->id != id) return kNone;
  return static_cast<std::uint32_t>(at - rules.begin());
}

const RuleLife& DutyTable::life(std::uint32_t rule) const {
  static const RuleLife kNothing;
  return rule == kNone ? kNothing : rules_[rule];
}

const DutyLevel& DutyTable::level(std::uint32_t rule, Level level) const {
  const Duty* duty = life(rule).duty;
  return (duty == nullptr ? no_duty() : *duty).levels[static_cast<std::size_t>(level)];
}

const std::vector<LadderStep>& DutyTable::ladder(std::uint32_t rule) const {
  const Duty* duty = life(rule).duty;
  return (duty == nullptr ? no_duty() : *duty).ladder;
}

}  // namespace lianqing
