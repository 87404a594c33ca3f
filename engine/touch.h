// Which rule instances are to be judged at the end of the unit's instant, and why.
#pragma once

#include <optional>

#include "engine/state.h"

namespace lianqing {

// The instance of a rule for a key, made if need be.
std::uint32_t instance_at(UnitState& unit, std::uint32_t rule, const Cell& key);

void touch(UnitState& unit, std::uint32_t instance, Cause cause, Instant earliest);

void touch_all(UnitState& unit, Cause cause, Instant earliest);

// The unkeyed rules are judged once when the unit is first seen.
void see(const Route& route, UnitState& unit, Cause cause, Instant earliest);

// A change in a keyed measure touches that key's instance; a change in a measure of the whole unit
// touches every instance of the rule.
void touch_rule(const Program& program, UnitState& unit, std::uint32_t rule, const Cell& key,
                Cause cause, Instant earliest);

// The rules that read the windows that moved: quiet ones when the instant is complete.
void touch_moved(const Program& program, const Route& route, UnitState& unit, std::uint32_t series,
                 const Moved& moved, Cause cause, Instant earliest);
// The quiet rules of which a cut was passed since the instant began, and those that are restless;
// with `all`, whatever the windows hold.
void touch_quiet(const Program& program, const Route& route, UnitState& unit, bool all);
// What touched the instance, and moved what it reads, so far; nothing if there is none.
std::optional<Touch> touch_of(const Program& program, const Route& route, const UnitState& unit,
                              const Instance& instance);
// Everything that moved has been judged.
void forget_moves(UnitState& unit);

// The alarm clock of a unit.
void set_alarm(UnitState& unit, Instant at, Waking what, std::uint32_t index);
void set_series_alarm(const Program& program, const Route& route, UnitState& unit,
                      std::uint32_t series);

}  // namespace lianqing
