// A record that replaces one year of the working calendar: `calendar_updated {year, off, work}`.
#pragma once

#include <string>
#include <vector>

#include "lianqing/event.h"
#include "rules/calendar.h"

namespace lianqing {

// A year's listing, in force from `clock` on.
struct CalendarUpdate {
  Instant time, clock;
  Seq seq = 0;
  int year = 0;
  std::vector<LocalDay> off, work;
};

// Fills year, off and work; what is wrong with the record's fields, or empty.
[[nodiscard]] std::string read_calendar_update(const Event& event, CalendarUpdate& out);
// The year is covered from now on, and listed as the update says and no longer otherwise.
void apply(const CalendarUpdate& update, Calendar& calendar);

}  // namespace lianqing
