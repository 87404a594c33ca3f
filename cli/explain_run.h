// `lianqing explain`: why a colour is what it is, found by replaying the log up to the instant
// asked for. No second evaluator and no stored explanations.
#pragma once

#include <string>

#include "cli/replay_run.h"
#include "cli/told_warning.h"

namespace lianqing {

struct ExplainRequest {
  ReplayRequest replay;  // program, units, log; outputs are not used
  std::string warning;   // id of a warning; else: `unit`
  // It is one that an activation told: the log is folded up to there.
  std::optional<ToldWarning> backfilled;
  std::string unit;
  std::string rule;  // empty: all rules
  std::string key;   // empty: all keys
  bool json = false;
};

// Prints to standard output; the result is the exit code (1: there is no such warning or unit).
int run_explain(const ExplainRequest& request);

}  // namespace lianqing
