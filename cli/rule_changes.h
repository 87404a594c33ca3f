// A replay across changes of the rules: `ruleset_activated` in the log says which of the given
// packs rules from when on. Each pack folds the whole log, so that a new rule knows the past; only
// what it gives out while it rules is told, and at its start, as `activation`, what differs from
// before.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "cli/replay_run.h"

namespace lianqing {

class RuleChanges {
 public:
  using Tell = std::function<Status(const Leaving&, const Program&)>;
  using Done = std::function<Status(const Replay& last, const Program&)>;

  explicit RuleChanges(const ReplayRequest& request) : request_(request) {}

  // Records that cannot be admitted go to `quarantine` once, by the declarations of the last pack.
  Status run(const Tell& tell, const Replay::Quarantine& quarantine, const LogProgress& progress,
             const Done& done);

  // Hashes that the log activates and no given pack has.
  const std::vector<std::string>& unknown() const { return unknown_; }

 private:
  struct Reign {
    std::shared_ptr<const Program> program;
    Instant from;  // it judges from this instant on
  };
  using Place = std::tuple<std::string, std::string, std::string>;  // unit, rule, key

  Status find_reigns();
  Status differences(Replay& before, const Program& old, Replay& now, const Reign& reign,
                     const Tell& tell);

  const ReplayRequest& request_;
  std::vector<Reign> reigns_;
  std::map<Place, Level> shown_;
  std::set<Place> seen_;  // that the rules now have an instance for
  std::vector<std::string> unknown_;
};

}  // namespace lianqing
