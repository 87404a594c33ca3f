#include "cli/rule_changes.h"

#include <algorithm>

#include "cli/activation.h"
#include "cli/kept_packs.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

Status no_output(const Leaving&) { return {}; }
void no_quarantine(const Rejection&) {}
Status no_checkpoint(std::uint64_t) { return {}; }

}  // namespace

// One pass by the first pack, for the activations and their clocks.
Status RuleChanges::find_reigns() {
  reigns_.push_back({request_.program, kBeforeAll});
  std::vector<std::pair<Instant, std::string>> activations;
  ReplayOptions options = request_.options;
  options.identity_of = identity_hash;
  options.fold.outlook = false;
  options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view) {
    if (const auto hash = activated_hash(event)) activations.emplace_back(entry.clock, *hash);
  };
  Replay replay(
      request_.program, request_.units, options, nullptr, [](const Warning&, std::string&) {},
      no_output, no_quarantine);
  if (Status s = feed(
          replay, request_.log, [](auto&&...) {}, no_checkpoint);
      !s)
    return s;
  std::stable_sort(activations.begin(), activations.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::shared_ptr<const Program>> packs = request_.later;
  packs.push_back(request_.program);
  for (const auto& [clock, hash] : activations) {
    const auto pack = std::find_if(packs.begin(), packs.end(), [&hash = hash](const auto& program) {
      return hash.size() >= 8 && hash_text(*program).starts_with(hash);
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
          [&, silent](const Warning& w, std::string& out) {
            if (!silent) append_json(out, w, *reign.program);
          },
          [&, silent](const Leaving& leaving) -> Status {
            if (silent || leaving.time <= reign.from) return {};
            if (!last && leaving.time >= reigns_[r + 1].from) return {};
            shown_[{leaving.unit, leaving.rule, leaving.key}] = leaving.to;
            return tell(leaving);
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
      LQ_TRY(const auto differences,
             rule_differences(*before, *at_start, reign.from, at_start->unit_names(), shown_));
      for (const Leaving& leaving : differences) {
        shown_[{leaving.unit, leaving.rule, leaving.key}] = leaving.to;
        if (Status s = tell(leaving); !s) return s;
      }
    }
    const std::optional<Instant> until = last ? std::nullopt : std::optional(reigns_[r + 1].from);
    before = make(until, false);
    if (Status s = fold(*before, until); !s) return s;
  }
  return done(*before, *reigns_.back().program);
}

}  // namespace lianqing
