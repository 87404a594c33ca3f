// What decisions do to the records of a unit. A record counts as what it says at present: as it was
// sent, with every decision about it applied in (time, log order).
#pragma once

#include "engine/change.h"

namespace lianqing {

// A record arrives, or its time comes: it counts from now on, and what it decides takes effect.
// `cause` and `earliest` are noted at the rules it touches.
// Whether it was withdrawn before it came.
bool is_withdrawn(const Fold& fold, const UnitState& unit, const LogEntry& entry);
// False if it was withdrawn before it came.
bool arrive(const Fold& fold, UnitState& unit, const LogEntry& entry, Cause cause, Instant earliest,
            Effects& effects);

// The unit has all records of the other one from now on, as its own.
void take_over(const Fold& fold, UnitState& unit, const UnitState& other, const Decision& decision,
               Effects& effects);

// The row as it counts at present; its text and cells live in the rows and in `room`.
Statement statement(const Fold& fold, const UnitState& unit, const Row& row, EntryRoom& room);

}  // namespace lianqing
