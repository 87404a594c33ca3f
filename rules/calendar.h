// Working days. A calendar is data: the listed days of the years it covers (public holidays and
// make-up working days); other days are working from Monday to Friday. A year it does not cover is
// an error that names the year, never a guess.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "lianqing/result.h"
#include "rules/zone.h"

namespace lianqing {

struct Calendar {
  std::string name;                 // empty: the pack has none
  std::set<int> years;              // covered years
  std::map<LocalDay, bool> listed;  // true: working

  bool covers(LocalDay day) const {
    return years.contains(static_cast<int>(std::chrono::year_month_day{day}.year()));
  }
  // Requires covers(day).
  bool is_working(LocalDay day) const {
    if (const auto at = listed.find(day); at != listed.end()) return at->second;
    const unsigned weekday = std::chrono::weekday{day}.iso_encoding();
    return weekday <= 5;
  }
};

// The n-th working day after `day` (n >= 0; n = 0 is `day` itself) or, for negative n, before it.
// On failure: the first year without data.
struct MissingYear {
  int year;
};
[[nodiscard]] inline Outcome<LocalDay, MissingYear> add_workdays(const Calendar& calendar,
                                                                 LocalDay day, std::int64_t n) {
  const std::chrono::days step{n < 0 ? -1 : 1};
  for (std::int64_t left = n < 0 ? -n : n; left > 0;) {
    day += step;
    if (!calendar.covers(day)) {
      return Unexpected<MissingYear>(
          MissingYear{static_cast<int>(std::chrono::year_month_day{day}.year())});
    }
    left -= calendar.is_working(day) ? 1 : 0;
  }
  return day;
}

}  // namespace lianqing
