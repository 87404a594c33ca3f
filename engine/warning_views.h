// A unit's own warnings as something rules can look at (rules/views.h, WarningView).
#pragma once

#include "engine/fold.h"

namespace lianqing {

// What the view counts at t.
std::int64_t count_warnings(const Fold& fold, const UnitState& unit, const WarningView& view,
                            Instant t);

// The level of an instance changed: notes a rise, forgets what is revoked, and touches the rules
// that look at it.
void note_change(const Fold& fold, UnitState& unit, std::uint32_t instance, Level from);

// A rise enters or leaves a view's window.
void wake_view(const Fold& fold, UnitState& unit, const Alarm& alarm);
void set_view_alarms(const Fold& fold, UnitState& unit);

}  // namespace lianqing
