#include "cli/rule_changes.h"

#include <algorithm>

#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "engine/rationale.h"
#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

Status no_output(const Leaving&) { return {}; }
void no_quarantine(const Rejection&) {}
Status no_checkpoint(std::uint64_t) { return {}; }

Leaving leaving_of(const Warning& warning, const Program& program) {
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
          to_json(warning, program)};
}

}  // namespace

// One pass by the first pack, for the activations and their clocks.
Status RuleChanges::find_reigns() {
  reigns_.push_back({request_.program, kBeforeAll});
  std::vector<std::pair<Instant, std::string>> activations;
  ReplayOptions options = request_.options;
  options.identity_of = identity_hash;
  options.fold.outlook = false;
  options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view) {
    if (event.type != "ruleset_activated") return;
    for (const Field& field : event.data) {
      const auto* hash = std::get_if<std::string_view>(&field.value.value);
      if (field.path == "ruleset_hash" && hash != nullptr) {
        activations.emplace_back(entry.clock, *hash);
      }
    }
  };
  Replay replay(
      request_.program, request_.units, options, nullptr,
      [](const Warning&) { return std::string{}; }, no_output, no_quarantine);
  if (Status s = feed(
          replay, request_.log, [](auto&&...) {}, no_checkpoint);
      !s)
    return s;
  std::stable_sort(activations.begin(), activations.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::shared_ptr<const Program>> packs = request_.later;
  packs.push_back(request_.program);
  for (const auto& [clock, hash] : activations) {
    const auto pack = std::find_if(packs.begin(), packs.end(), [&](const auto& program) {
      return hash.size() >= 8 && hex(program->hash).starts_with(hash);
    });
    if (pack == packs.end()) {
      unknown_.push_back(hash);
    } else if (*pack != reigns_.back().program) {
      if (reigns_.back().from == clock) reigns_.pop_back();
      reigns_.push_back({*pack, clock});
    }
  }
  return {};
}

Status RuleChanges::run(const Tell& tell, const Replay::Quarantine& quarantine,
                        const LogProgress& progress, const Done& done) {
  if (Status s = find_reigns(); !s) return s;
  std::unique_ptr<Replay> before;
  for (std::size_t r = 0; r < reigns_.size(); ++r) {
    const Reign& reign = reigns_[r];
    const bool last = r + 1 == reigns_.size();
    const auto make = [&](std::optional<Instant> until, bool silent) {
      ReplayOptions options = request_.options;
      options.identity_of = identity_hash;
      if (until) options.until = until;
      return std::make_unique<Replay>(
          reign.program, request_.units, options, nullptr,
          [&, silent](const Warning& w) {
            return silent ? std::string{} : to_json(w, *reign.program);
          },
          [&, silent](const Leaving& leaving) -> Status {
            if (silent || leaving.time <= reign.from) return {};
            if (!last && leaving.time >= reigns_[r + 1].from) return {};
            shown_[{leaving.unit, leaving.rule, leaving.key}] = leaving.to;
            return tell(leaving, *reign.program);
          },
          last && !silent ? quarantine : Replay::Quarantine(no_quarantine));
    };
    const auto fold = [&](Replay& replay, std::optional<Instant> until) {
      EventFeed log = request_.log;
      if (until) log.until = until;
      return feed(replay, log, progress, no_checkpoint);
    };
    if (before) {
      const auto at_start = make(reign.from, true);
      if (Status s = fold(*at_start, reign.from); !s) return s;
      if (Status s = differences(*before, *reigns_[r - 1].program, *at_start, reign, tell); !s) {
        return s;
      }
    }
    const std::optional<Instant> until = last ? std::nullopt : std::optional(reigns_[r + 1].from);
    before = make(until, false);
    if (Status s = fold(*before, until); !s) return s;
  }
  return done(*before, *reigns_.back().program);
}

// What the new rules see otherwise than the old ones showed, in (unit, rule, key) order; what they
// do not see at all falls to green, told by the old ones.
Status RuleChanges::differences(Replay& before, const Program& old, Replay& now, const Reign& reign,
                                const Tell& tell) {
  struct Difference {
    Warning warning;
    const Program* program;
  };
  std::map<Place, std::optional<Difference>> found;
  const auto compare = [&](Replay& replay, const Program& program, bool gone) -> Status {
    for (const std::string& name : replay.unit_names()) {
      LQ_TRY(const UnitState* unit, replay.unit(name));
      for (const auto& [where, index] : unit->instance_of) {
        const Instance& instance = unit->instances[index];
        Warning warning = replay.fold().explain(*unit, instance, now.last_seq(), reign.from);
        const Place place{warning.unit, warning.rule, warning.key.value_or("")};
        std::optional<Difference>& slot = found.try_emplace(place).first->second;
        const auto shown = shown_.find(place);
        warning.from = shown == shown_.end() ? Level::green : shown->second;
        if (gone) warning.to = Level::green;
        if (slot || warning.from == warning.to || (gone && seen_.contains(place))) continue;
        warning.cause = Cause::activation;
        warning.time = reign.from;
        warning.id = warning_id(warning);
        slot = Difference{std::move(warning), &program};
      }
    }
    if (!gone) {
      for (const auto& [place, difference] : found) seen_.insert(place);
    }
    return {};
  };
  seen_.clear();
  if (Status s = compare(now, *reign.program, false); !s) return s;
  if (Status s = compare(before, old, true); !s) return s;
  for (const auto& [place, difference] : found) {
    if (!difference) continue;
    const Warning& warning = difference->warning;
    shown_[place] = warning.to;
    if (Status s = tell(leaving_of(warning, *difference->program), *difference->program); !s) {
      return s;
    }
  }
  return {};
}

}  // namespace lianqing
