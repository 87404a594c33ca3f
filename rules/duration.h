// Lengths of time as rules write them.
//   span     = digits unit ;  unit = "s" | "m" | "h" | "d" | "w" | "workday" | "workdays"
//            | "秒" | "分钟" | "小时" | "天" | "周" | "工作日", each also with 个 before it ;
//   calendar = [ digits ] ( "day" | "week" | "month" | "quarter" | "year" ), plural or not
//            | [ digits [ "个" ] ] ( "日" | "周" | "月" | "季度" | "年" ) ;
// Blanks may stand around the number. Whether a span or a calendar period is wanted is the
// caller's to know: `2 weeks` is only the latter, `2w` and `2周` as a span 14 times 24 hours.
#pragma once

#include <optional>
#include <string_view>

#include "rules/program.h"

namespace lianqing {

// Nothing if it is no span, or longer than ten thousand years (3,652,500 days of any kind).
std::optional<Span> parse_span(std::string_view text);

struct CalendarSpan {
  Period period = Period::day;
  int count = 1;
  bool counted = false;  // a number was written: `1 month`, not `month`
  friend bool operator==(const CalendarSpan&, const CalendarSpan&) = default;
};

// Nothing if it is no calendar period; at most 100,000 periods.
std::optional<CalendarSpan> parse_calendar_span(std::string_view text);

}  // namespace lianqing
