// Answers about rule packs: the one that runs, the one on disk, one that was sent along. On any
// thread; they compile.
#pragma once

#include <string>

#include "cli/serve/proposals.h"
#include "cli/serve/rule_switch.h"
#include "connectors/http/message.h"

namespace lianqing {

http::Response get_rules(const RulesNow& now, const RuleState& state, const std::string& pack_path);
http::Response check_rules(const http::Request& request, const std::string& pack_path);
// One that was proposed rules by the word of somebody else than who proposed it.
http::Response activate_rules(const http::Request& request, const std::string& pack_path,
                              RuleSwitch& rules, Proposals& proposals, const RulingNow& ruling);

http::Response propose_rules(const http::Request& request, const std::string& pack_path,
                             Proposals& proposals, const RulingNow& ruling);
http::Response list_proposals(Proposals& proposals, const RulingNow& ruling);
http::Response get_proposal(const http::Request& request, Proposals& proposals,
                            const RulingNow& ruling);

// Prometheus text format 0.0.4.
std::string rule_metrics(const RuleState& state);

// The pack that ruled at an instant. Fails (io, corrupt) if it is not kept any more.
[[nodiscard]] Result<std::shared_ptr<const Program>> program_at(const std::string& data,
                                                                const RulesNow& now, Instant at);

}  // namespace lianqing
