#include "cli/calendar_words.h"

namespace lianqing {

Bilingual missing_year_words(std::int64_t year) {
  const std::string number = std::to_string(year);
  return {"日历没有 " + number + " 年的数据", "the calendar has no data for " + number};
}

Bilingual calendar_gap_words(int year, const CalendarGap& gap, std::uint64_t deadlines) {
  Bilingual out = missing_year_words(year);
  const std::string units = std::to_string(gap.units), greyed = std::to_string(gap.greyed),
                    due = std::to_string(deadlines);
  out.zh += "：涉及单位 " + units + " 个，规则转灰 " + greyed + " 次";
  out.en += ": it matters to " + units + " unit(s), rules became grey " + greyed + " time(s)";
  if (deadlines != 0) {
    out.zh += "，未定时限 " + due + " 项";
    out.en += ", " + due + " deadline(s) of duties are unknown";
  }
  return out;
}

Bilingual calendar_remedy_words() {
  return {
      "请发送该年的 calendar_updated 记录，或在规则包的日历文件中补上该年",
      "send a calendar_updated record for the year, or add the year to the pack's calendar file"};
}

}  // namespace lianqing
