// A replay across changes of the rules: `ruleset_activated` in the log says which of the given
// packs rules from when on. Each pack folds the whole log, so that a new rule knows the past; only
// what it gives out while it rules is told, and at its start, as `activation`, what differs from
// before.
#pragma once

#include <functional>

#include "cli/replay_run.h"
#include "cli/rule_differences.h"

namespace lianqing {

class RuleChanges {
 public:
  using Tell = std::function<Status(const Leaving&)>;
  using Done = std::function<Status(Replay& last, const Program&)>;

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

  Status find_reigns();

  const ReplayRequest& request_;
  std::vector<Reign> reigns_;
  ShownLevels shown_;
  std::vector<std::string> unknown_;
};

}  // namespace lianqing
