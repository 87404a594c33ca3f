// What is told when the calendar has no data for a year that deadlines in working days need.
#pragma once

#include <map>

#include "engine/replay.h"
#include "lianqing/diagnostic.h"

namespace lianqing {

Bilingual missing_year_words(std::int64_t year);

// Years without data: what they matter to. `deadlines`: of duties, by year (Casebook).
Bilingual calendar_gap_words(int year, const CalendarGap& gap, std::uint64_t deadlines);
Bilingual calendar_remedy_words();

}  // namespace lianqing
