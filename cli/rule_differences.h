// What a rule pack that begins to rule sees otherwise than was shown before: the transitions that
// its activation tells. The same for a replay and for the daemon.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "engine/replay.h"

namespace lianqing {

// Levels as they were told last, by unit, rule and key; greens may be left out.
using ShownLevels = std::map<std::tuple<std::string, std::string, std::string>, Level>;

// What the activation at `at` tells of an instance. Its text has the mark `backfilled`.
Warning activation_warning(const Fold& fold, const UnitState& unit, const Instance& instance,
                           Seq seq, Instant at, Level from, Level to);
std::string activation_json(const Warning& warning, const Program& program);

// The same of one unit, by rule and key.
using ShownOfUnit = std::map<std::pair<std::string, std::string>, Level>;
// What the new pack sees otherwise than was shown; what it has at all is taken out of `shown`.
// `seq`: of the activation.
std::vector<Leaving> seen_otherwise(const Fold& now, const UnitState& unit, Seq seq, Instant at,
                                    ShownOfUnit& shown);
// What is left of `shown` falls to green, told by the old pack.
std::vector<Leaving> seen_no_more(const Fold& before, const UnitState& unit, Seq seq, Instant at,
                                  const ShownOfUnit& shown);
// In the order in which they are told.
void sort_differences(std::vector<Leaving>& differences);

// Of all units at once. Both have folded the same records and are judged up to and including `at`.
// `among`: all units at which `now` may see anything but what was shown; others are not looked at,
// nor taken up. In order of (unit, rule, key), with cause `activation`; what the new pack does not
// have at all falls to green, told by the old one.
[[nodiscard]] Result<std::vector<Leaving>> rule_differences(Replay& before, Replay& now, Instant at,
                                                            const std::vector<std::string>& among,
                                                            const ShownLevels& shown);

}  // namespace lianqing
