#include "cli/rule_differences.h"

#include <algorithm>

#include "cli/warning_json.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

std::pair<std::string, std::string> place_of(const Fold& fold, const Instance& instance) {
  const Rule& rule = fold.program().rules[instance.rule];
  return {rule.id, rule.keyed ? key_text(fold, instance.key) : ""};
}

Leaving difference(const Fold& fold, const UnitState& unit, const Instance& instance, Seq seq,
                   Instant at, Level from, Level to) {
  const Warning warning = activation_warning(fold, unit, instance, seq, at, from, to);
  return {warning.time,
          warning.unit,
          warning.rule,
          warning.key.value_or(""),
          warning.key.has_value(),
          warning.from,
          warning.to,
          warning.shadow,
          warning.id,
          warning.cause,
          warning.revoked,
          warning.seq,
          activation_json(warning, fold.program())};
}

}  // namespace

Warning activation_warning(const Fold& fold, const UnitState& unit, const Instance& instance,
                           Seq seq, Instant at, Level from, Level to) {
  Warning out = fold.explain(unit, instance, seq, at);
  out.from = from;
  out.to = to;
  out.cause = Cause::activation;
  out.id = warning_id(out);
  return out;
}

// Beside the cause, which alone may also be a unit's first judgement.
std::string activation_json(const Warning& warning, const Program& program) {
  static constexpr std::string_view kCause = ",\"cause\":\"activation\"";
  std::string text = to_json(warning, program);
  const std::size_t at = text.find(kCause);  // in a string its quotes would have backslashes
  LQ_ASSERT(at != std::string::npos);
  return text.insert(at + kCause.size(), ",\"backfilled\":true");
}

std::vector<Leaving> seen_otherwise(const Fold& now, const UnitState& unit, Seq seq, Instant at,
                                    ShownOfUnit& shown) {
  std::vector<Leaving> out;
  for (const auto& [where, index] : unit.instance_of) {
    const Instance& instance = unit.instances[index];
    const auto was = shown.find(place_of(now, instance));
    const Level from = was == shown.end() ? Level::green : was->second;
    if (was != shown.end()) shown.erase(was);
    if (from == instance.level) continue;
    out.push_back(difference(now, unit, instance, seq, at, from, instance.level));
  }
  return out;
}

std::vector<Leaving> seen_no_more(const Fold& before, const UnitState& unit, Seq seq, Instant at,
                                  const ShownOfUnit& shown) {
  std::vector<Leaving> out;
  for (const auto& [where, index] : unit.instance_of) {
    const Instance& instance = unit.instances[index];
    const auto was = shown.find(place_of(before, instance));
    if (was == shown.end() || was->second == Level::green) continue;
    out.push_back(difference(before, unit, instance, seq, at, was->second, Level::green));
  }
  return out;
}

void sort_differences(std::vector<Leaving>& differences) {
  std::sort(differences.begin(), differences.end(), [](const Leaving& a, const Leaving& b) {
    return std::tie(a.unit, a.rule, a.key) < std::tie(b.unit, b.rule, b.key);
  });
}

Result<std::vector<Leaving>> rule_differences(Replay& before, Replay& now, Instant at,
                                              const std::vector<std::string>& among,
                                              const ShownLevels& shown) {
  std::map<std::string, ShownOfUnit> by_unit;
  for (const auto& [where, level] : shown) {
    const auto& [unit, rule, key] = where;
    by_unit[unit].emplace(std::pair(rule, key), level);
  }
  std::vector<Leaving> out;
  const auto add = [&out](std::vector<Leaving> more) {
    std::move(more.begin(), more.end(), std::back_inserter(out));
  };
  const Seq seq = now.last_seq();
  for (const std::string& name : among) {
    LQ_TRY(const UnitState* unit, now.unit(name));
    if (unit != nullptr) add(seen_otherwise(now.fold(), *unit, seq, at, by_unit[name]));
  }
  for (const auto& [name, left] : by_unit) {
    if (left.empty()) continue;
    LQ_TRY(const UnitState* unit, before.unit(name));
    if (unit != nullptr) add(seen_no_more(before.fold(), *unit, seq, at, left));
  }
  sort_differences(out);
  return out;
}

}  // namespace lianqing
