// Flapping: a rule that changes its level so often that its warnings mean little. The measure of it
// is a weighted share of changes, as in Nagios and Naemon, over a history that has one entry for
// each transition and one for each whole day (24 h) without any.
#pragma once

#include <vector>

#include "rules/program.h"

namespace lianqing {

struct FlapHistory {
  std::vector<Instant> changes;  // newest last; no more than can matter
  bool flapping = false;
  std::string case_id;  // the newest case of the (rule, key)
};

void add_change(const Flapping& settings, Instant t, FlapHistory& history);
// The newest `window` levels have `window - 1` steps from one to the next. Each weighs 0.8 (oldest)
// to 1.2 (newest), evenly spaced; the share is the weight of the steps that are changes, divided by
// `window - 1`. Before the history is full, what is missing counts as no change.
Number flap_share(const Flapping& settings, const FlapHistory& history, Instant t);
// The first instant >= t from which on the share is at most `low` if nothing changes again.
Instant calm_at(const Flapping& settings, const FlapHistory& history, Instant t);

}  // namespace lianqing
