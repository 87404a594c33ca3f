// One run of a test: its events through decoder, admission and the fold, and what came out.
#pragma once

#include "cli/test/script.h"
#include "engine/casebook/case.h"

namespace lianqing {

struct RefusedEvent {
  std::size_t index = 0;  // into Test::events
  std::string code, detail;
};

// What a test gave.
struct Course {
  std::vector<Warning> changes;       // in order
  std::vector<GreyChange> greys;      // in order
  std::vector<ColourChange> colours;  // in order; only if some expectation asks for them
  std::vector<RefusedEvent> refused;
  Bilingual trouble;  // why the result is not complete; empty: it is
  Instant end;
};

// Told of every judgement, with the fold it happened in; may be empty.
using TrialWatcher = std::function<void(const Fold&, const Rule&, const Leaves& leaves, bool grey)>;

Course run_trial(const Test& test, std::shared_ptr<const Program> program,
                 const TrialWatcher& watcher);

}  // namespace lianqing
