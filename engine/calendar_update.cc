#include "engine/calendar_update.h"

#include <algorithm>

#include "engine/cells.h"

namespace lianqing {
namespace {

int year_of(LocalDay day) { return static_cast<int>(std::chrono::year_month_day{day}.year()); }

// A list of dates of the year; a single date is a list of one.
bool read_days(const Scalar& value, int year, std::vector<LocalDay>& out) {
  if (const auto* list = std::get_if<ScalarList>(&value.value)) {
    return std::all_of(list->begin(), list->end(), [&](const Scalar& element) {
      return !std::holds_alternative<ScalarList>(element.value) && read_days(element, year, out);
    });
  }
  const auto* text = std::get_if<std::string_view>(&value.value);
  const auto date = text == nullptr ? std::nullopt : parse_date(*text);
  if (!date) return false;
  out.push_back(LocalDay{date->time_since_epoch()});
  return year_of(out.back()) == year;
}

}  // namespace

std::string read_calendar_update(const Event& event, CalendarUpdate& out) {
  const Scalar* year = find_field(event, "year");
  const auto* number = year == nullptr ? nullptr : std::get_if<Number>(&year->value);
  if (number == nullptr || !number->is_integer() || *number < 1900 || *number > 2200) {
    return "field 'year': expected a year from 1900 to 2200";
  }
  out.year = static_cast<int>(number->num());
  for (const auto& [field, days] : {std::pair("off", &out.off), std::pair("work", &out.work)}) {
    const Scalar* value = find_field(event, field);
    if (value == nullptr && days == &out.work) continue;  // a year may have no make-up days
    if (value == nullptr || !read_days(*value, out.year, *days)) {
      return "field '" + std::string(field) + "': expected a list of dates YYYY-MM-DD in " +
             std::to_string(out.year);
    }
  }
  for (const LocalDay day : out.work) {
    if (std::find(out.off.begin(), out.off.end(), day) != out.off.end()) {
      return "field 'work': " + format_date(Date{day.time_since_epoch()}) + " is in 'off' too";
    }
  }
  return {};
}

void apply(const CalendarUpdate& update, Calendar& calendar) {
  calendar.years.insert(update.year);
  std::erase_if(calendar.listed,
                [&](const auto& day) { return year_of(day.first) == update.year; });
  for (const LocalDay day : update.off) calendar.listed[day] = false;
  for (const LocalDay day : update.work) calendar.listed[day] = true;
}

}  // namespace lianqing
