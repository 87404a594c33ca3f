// Days as spreadsheets count them: 1 is 1900-01-01, 60 the 29th of February 1900 that never was, so
// that all serials from 61 on are one too many. Workbooks made on old Macs count from 1904-01-01.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/time.h"

namespace lianqing {

// Since 1970-01-01T00:00 on the wall, rounded to whole seconds. Nothing for the day that never was,
// and beyond 0 .. 9999-12-31.
std::optional<Duration> wall_of_serial(double serial, bool since_1904);

// `2024-03-05`, `2024-03-05 08:30:00` if it has a time of day, `08:30:00` if it is nothing else.
// Nothing where wall_of_serial gives nothing.
std::optional<std::string> text_of_serial(double serial, bool since_1904);

// Whether a number format of a spreadsheet ("yyyy\-m\-d", "[$-804]aaaa") shows dates or times.
bool is_date_format(std::string_view code);
bool is_percent_format(std::string_view code);

}  // namespace lianqing
