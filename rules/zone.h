// A time zone as data: every change of UTC offset from 1970 to 2100, so that the fold needs no time
// zone library and an old log replays the same under a newer tz database (the table is part of the
// program's hash). load_zone reads the system's tz database; nothing else here does.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

// Local wall time: microseconds since 1970-01-01T00:00 as a clock on the wall there shows it.
using WallTime = std::chrono::local_time<Duration>;
using LocalDay = std::chrono::local_days;

enum class Period : std::uint8_t { day, week, month, quarter, year };

struct Zone {
  struct Change {
    Instant at;       // from this instant on
    Duration offset;  // local = UTC + offset
  };
  std::string name;
  std::vector<Change> changes;  // sorted; the first is at kBeforeAll

  Duration offset_at(Instant t) const {
    auto after = std::upper_bound(changes.begin(), changes.end(), t,
                                  [](Instant x, const Change& c) { return x < c.at; });
    return std::prev(after)->offset;
  }
  WallTime local(Instant t) const { return WallTime{t.time_since_epoch() + offset_at(t)}; }
  LocalDay day_of(Instant t) const { return std::chrono::floor<std::chrono::days>(local(t)); }

  // The instant at which the wall shows `w`: the first one if it does so twice, the instant of the
  // jump if it never does.
  Instant to_instant(WallTime w) const {
    const Duration since_epoch = w.time_since_epoch();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const Instant candidate{since_epoch - changes[i].offset};
      const Instant until = i + 1 < changes.size() ? changes[i + 1].at : kNever;
      if (candidate >= until) continue;
      return std::max(candidate, changes[i].at);
    }
    return kNever;
  }
  Instant start_of(LocalDay day) const { return to_instant(WallTime{day}); }
  // 24:00 local of that day = the start of the next.
  Instant end_of(LocalDay day) const { return start_of(day + std::chrono::days{1}); }

  // First day of the period that contains `day`, `shift` periods on (negative: before). Weeks start
  // on Monday.
  static LocalDay period_start(LocalDay day, Period period, int shift = 0);
};

inline LocalDay Zone::period_start(LocalDay day, Period period, int shift) {
  using namespace std::chrono;
  const year_month_day ymd{day};
  switch (period) {
    case Period::day: return day + std::chrono::days{shift};
    case Period::week: return day - (weekday{day} - Monday) + weeks{shift};
    case Period::month: return LocalDay{(ymd.year() / ymd.month() + months{shift}) / 1};
    case Period::quarter: {
      const unsigned first = (static_cast<unsigned>(ymd.month()) - 1) / 3 * 3 + 1;
      return LocalDay{(ymd.year() / month{first} + months{3 * shift}) / 1};
    }
    case Period::year: return LocalDay{(ymd.year() + years{shift}) / January / 1};
  }
  return day;
}

// Fails (usage) if the system's tz database does not know the name.
[[nodiscard]] Result<Zone> load_zone(const std::string& name);

}  // namespace lianqing
