#include "rules/calendar_file.h"

#include "rules/document.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

constexpr int kMaxRange = 366;

std::string day_text(LocalDay day) { return format_date(Date{day.time_since_epoch()}); }

// `MM-DD` of `year`, or `YYYY-MM-DD`. year 0: only the latter.
std::optional<LocalDay> parse_day(std::string_view text, int year) {
  std::string whole(text);
  if (text.size() == 5 && year != 0) whole = std::to_string(year) + "-" + whole;
  const auto date = parse_date(whole);
  return date ? std::optional(LocalDay{date->time_since_epoch()}) : std::nullopt;
}

class DayReader {
 public:
  DayReader(Calendar& calendar, Diagnostics& out) : calendar_(calendar), out_(out) {}

  // A day or a range of days. Local days replace what is listed, others may not meet it.
  void take(const Text& text, bool working, int year, bool local) {
    const std::size_t dots = text.text.find("..");
    const std::string first_text = text.text.substr(0, dots);
    const auto first = parse_day(first_text, year);
    const auto last =
        dots == std::string::npos ? first : parse_day(text.text.substr(dots + 2), year);
    if (!first || !last || *last < *first || *last - *first > std::chrono::days{kMaxRange}) {
      report(out_, "R024", text.at,
             {"“" + text.text + "”不是日期或日期范围",
              "'" + text.text + "' is no day and no range of days"},
             year == 0 ? Bilingual{"写成 2026-03-01 或 2026-03-01..2026-03-03",
                                   "write 2026-03-01 or 2026-03-01..2026-03-03"}
                       : Bilingual{"写成 03-01 或 03-01..03-03", "write 03-01 or 03-01..03-03"});
      return;
    }
    for (LocalDay day = *first; day <= *last; day += std::chrono::days{1})
      list(day, working, text, local);
  }

 private:
  void list(LocalDay day, bool working, const Text& text, bool local) {
    if (local && !calendar_.covers(day)) {
      report(out_, "R040", text.at,
             {"日历没有 " + day_text(day).substr(0, 4) + " 年",
              "the calendar does not cover " + day_text(day).substr(0, 4)},
             {"换一份覆盖该年的日历", "take a calendar that covers that year"});
      return;
    }
    const auto [known, added] = calendar_.listed.try_emplace(day, working);
    const auto [now, first_local] =
        local ? local_.try_emplace(day, working) : std::pair(known, added);
    if (now->second != working) {
      report(out_, "R041", text.at,
             {day_text(day) + " 既是休息日又是工作日",
              day_text(day) + " is listed as off and as working"},
             {"删去一处", "remove one of them"});
    }
    if (local) known->second = working;
  }

  Calendar& calendar_;
  Diagnostics& out_;
  std::map<LocalDay, bool> local_;
};

void read_days(const Node& holiday, std::string_view key, int year, DayReader& days,
               Diagnostics& out) {
  const Node* node = holiday.find(key);
  if (node == nullptr) return;
  for (const Text& text : read_texts(*node, out)) days.take(text, key == "work", year, false);
}

void read_year(const Entry& entry, Calendar& calendar, DayReader& days, Diagnostics& out) {
  const auto first = parse_date(entry.key + "-01-01");
  if (!first) {
    report(out, "R040", entry.key_at,
           {"“" + entry.key + "”不是年份", "'" + entry.key + "' is no year"},
           {"写成 2026", "write it as 2026"});
    return;
  }
  const int year = static_cast<int>(std::chrono::year_month_day{*first}.year());
  calendar.years.insert(year);
  if (!check_map(entry.value, {"“节日: {off, work}”", "holidays with {off, work}"}, out)) return;
  for (const Entry& holiday : entry.value.entries) {
    if (!check_keys(holiday.value, holiday.key_at, kCalendarDayKeys, {"节日", "a holiday"}, out))
      continue;
    read_days(holiday.value, "off", year, days, out);
    read_days(holiday.value, "work", year, days, out);
  }
}

}  // namespace

std::optional<Calendar> parse_calendar(const SourceText& source, std::uint32_t file,
                                       Diagnostics& out) {
  const std::size_t before = out.size();
  const auto root = parse_document(source, file, out);
  if (!root) return std::nullopt;
  const SourceSpan whole{file, 0, 0, 1};
  if (!check_keys(*root, whole, kCalendarFileKeys, {"日历", "a calendar"}, out))
    return std::nullopt;
  Calendar calendar;
  calendar.name = read_text(*root, "calendar", out).text;
  DayReader days(calendar, out);
  if (const Node* years = root->find("years");
      years != nullptr && check_map(*years, {"“年份: 节日”", "years with their holidays"}, out)) {
    for (const Entry& year : years->entries) read_year(year, calendar, days, out);
  }
  for (std::size_t i = before; i < out.size(); ++i) {
    if (out[i].severity == Severity::error) return std::nullopt;
  }
  return calendar;
}

void add_local_days(std::span<const Text> off, std::span<const Text> work, Calendar& calendar,
                    Diagnostics& out) {
  DayReader days(calendar, out);
  for (const Text& text : off) days.take(text, false, 0, true);
  for (const Text& text : work) days.take(text, true, 0, true);
}

}  // namespace lianqing
