// Calendars as files: the listed days of the years they cover.
//   calendar: cn
//   names: {春节: Spring Festival}
//   years:
//     2026:
//       春节: {off: 02-15..02-23, work: [02-14, 02-28]}
// A day is `MM-DD` of that year or `YYYY-MM-DD`, a range two days joined by `..`. Days that are not
// listed are working from Monday to Friday.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "rules/calendar.h"
#include "rules/syntax.h"

namespace lianqing {

// `file`: the text's index for diagnostics. Nothing if there was an error.
std::optional<Calendar> parse_calendar(const SourceText& source, std::uint32_t file,
                                       Diagnostics& out);

// The pack's own days (`calendar_days`) over the calendar's.
void add_local_days(std::span<const Text> off, std::span<const Text> work, Calendar& calendar,
                    Diagnostics& out);

}  // namespace lianqing
