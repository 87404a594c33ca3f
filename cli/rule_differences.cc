#include "cli/rule_differences.h"

#include <algorithm>

#include "cli/warning_json.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

using Place = ShownLevels::key_type;

Place place_of(const Fold& fold, const UnitState& unit, const Instance& instance) {
  const Rule& rule = fold.program().rules[instance.rule];
  return {unit.name, rule.id, rule.keyed ? key_text(fold, instance.key) : ""};
}

class Differences {
 public:
  Differences(Instant at, Seq seq) : at_(at), seq_(seq) {}

  void tell(Replay& replay, const UnitState& unit, const Instance& instance, Level from, Level to) {
    const Warning warning = activation_warning(replay.fold(), unit, instance, seq_, at_, from, to);
    found_.push_back({warning.time, warning.unit, warning.rule, warning.key.value_or(""),
                      warning.key.has_value(), warning.from, warning.to, warning.shadow, warning.id,
                      warning.cause, warning.revoked, warning.seq,
                      activation_json(warning, replay.fold().program())});
  }

  std::vector<Leaving> take() {
    std::sort(found_.begin(), found_.end(), [](const Leaving& a, const Leaving& b) {
      return std::tie(a.unit, a.rule, a.key) < std::tie(b.unit, b.rule, b.key);
    });
    return std::move(found_);
  }

 private:
  const Instant at_;
  const Seq seq_;
  std::vector<Leaving> found_;
};

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

Result<std::vector<Leaving>> rule_differences(Replay& before, Replay& now, Instant at,
                                              const std::vector<std::string>& among,
                                              ShownLevels shown) {
  Differences out(at, now.last_seq());
  for (const std::string& name : among) {
    LQ_TRY(const UnitState* unit, now.unit(name));
    if (unit == nullptr) continue;
    for (const auto& [where, index] : unit->instance_of) {
      const Instance& instance = unit->instances[index];
      const auto was = shown.find(place_of(now.fold(), *unit, instance));
      const Level from = was == shown.end() ? Level::green : was->second;
      if (was != shown.end()) shown.erase(was);
      if (from != instance.level) out.tell(now, *unit, instance, from, instance.level);
    }
  }
  std::erase_if(shown, [](const auto& one) { return one.second == Level::green; });
  for (auto at_unit = shown.begin(); at_unit != shown.end();) {  // all of one unit at a time
    const std::string name = std::get<0>(at_unit->first);
    LQ_TRY(const UnitState* unit, before.unit(name));
    const auto next = std::find_if(at_unit, shown.end(),
                                   [&](const auto& one) { return std::get<0>(one.first) != name; });
    if (unit != nullptr) {
      for (const auto& [where, index] : unit->instance_of) {
        const Instance& instance = unit->instances[index];
        const auto was = shown.find(place_of(before.fold(), *unit, instance));
        if (was != shown.end()) out.tell(before, *unit, instance, was->second, Level::green);
      }
    }
    at_unit = next;
  }
  return out.take();
}

}  // namespace lianqing
