// Dates and times as people and spreadsheets write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/time.h"
#include "rules/zone.h"

namespace lianqing {

// What a cell says: a day, mostly a time of day, seldom an offset.
struct WrittenTime {
  WallTime wall;
  bool has_clock = false;
  std::optional<Duration> offset;  // from UTC, if the cell says it

  Instant instant_in(const Zone& zone) const {
    if (offset) return Instant{wall.time_since_epoch() - *offset};
    return zone.to_instant(wall);
  }
};

enum class DaySystem : std::uint8_t { unstated, from_1900, from_1904 };

// The year comes first, in four digits: `2024/3/5`, `2024-03-05`, `2024.3.5`, `2024年3月5日`,
// `20240305`; after it a time of day: `8:30`, `08:30:15`, `8时30分`, `下午3:05`, `T08:30:00+08:00`.
// A full stop may end it. A number such as 45356.354 is a spreadsheet's serial: in 1950 .. 2099 if
// `system` is unstated, in its whole range else.
std::optional<WrittenTime> read_time(std::string_view cell, DaySystem system);

// By a pattern: yyyy yy M d H h m s, two letters for two digits, `a` for AM, PM, 上午, 下午; the
// rest stands for itself. `d/M/yyyy H:mm`. The whole cell must match.
std::optional<WrittenTime> read_time_by(std::string_view cell, std::string_view pattern);
// Why the pattern is none: no year, month or day in it.
bool is_time_pattern(std::string_view pattern);

// The cell without 前, 之前 or 以前 at its end: a deadline "before" a day is that day.
std::string_view deadline_text(std::string_view cell);

// A time of day alone.
std::optional<Duration> read_clock(std::string_view cell);

// `2026-03-05T10:00:00+08:00`: as the wall there shows it.
std::string local_rfc3339(Instant t, const Zone& zone);

}  // namespace lianqing
