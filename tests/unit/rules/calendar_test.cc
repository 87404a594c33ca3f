#include "rules/calendar.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "rules/calendar_file.h"

namespace lianqing {
namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

const Calendar& shipped() {
  static const Calendar kCalendar = [] {
    Diagnostics found;
    auto calendar =
        parse_calendar({"cn.yaml", read(LIANQING_SOURCE_DIR "/calendars/cn.yaml")}, 0, found);
    EXPECT_TRUE(found.empty());
    return calendar.value_or(Calendar{});
  }();
  return kCalendar;
}

LocalDay day(std::string_view text) { return LocalDay{parse_date(text)->time_since_epoch()}; }
std::string text(LocalDay d) { return format_date(Date{d.time_since_epoch()}); }

TEST(Calendar, AddsWorkingDays) {
  struct Vector {
    const char* from;
    int n;
    const char* to;
  };
  for (const Vector& v : {Vector{"2026-02-13", 3, "2026-02-25"},
                          {"2026-02-13", 13, "2026-03-10"},
                          {"2026-02-14", 1, "2026-02-24"},
                          {"2026-09-18", 2, "2026-09-21"},
                          {"2026-09-24", 1, "2026-09-28"},
                          {"2026-09-30", 3, "2026-10-10"},
                          {"2026-04-30", 5, "2026-05-11"},
                          {"2025-12-31", 1, "2026-01-04"},
                          {"2026-02-25", -3, "2026-02-13"},
                          {"2026-02-13", 0, "2026-02-13"}}) {
    const auto got = add_workdays(shipped(), day(v.from), v.n);
    ASSERT_TRUE(got) << v.from;
    EXPECT_EQ(text(*got), v.to) << v.from << " + " << v.n;
  }
}

TEST(Calendar, AYearWithoutDaysIsNamed) {
  const auto got = add_workdays(shipped(), day("2026-12-30"), 5);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().year, 2027);
  EXPECT_EQ(add_workdays(shipped(), day("2018-01-02"), -5).error().year, 2017);
}

TEST(Calendar, AgreesWithThePublishedTable) {
  const std::string path =
      LIANQING_SOURCE_DIR "/../shared/data/cn_holidays/cn_holidays_2018_2026.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here";
  std::istringstream lines(read(path));
  std::string line;
  std::getline(lines, line);
  std::map<LocalDay, bool> listed;
  while (std::getline(lines, line)) {
    const std::size_t name = line.find(','), off = line.find(',', name + 1);
    listed[day(line.substr(0, 10))] = line.substr(off + 1, 5) == "false";
  }
  EXPECT_EQ(listed.size(), 315U);
  EXPECT_EQ(shipped().listed, listed);
  EXPECT_EQ(shipped().years.size(), 9U);
}

std::string codes(const std::string& yaml) {
  Diagnostics found;
  const auto calendar = parse_calendar({"x.yaml", yaml}, 0, found);
  std::string out = calendar ? "ok" : "";
  for (const Diagnostic& d : found) out += (out.empty() ? "" : " ") + d.code;
  return out;
}

TEST(CalendarFile, ReportsMistakes) {
  EXPECT_EQ(codes("calendar: x\nyears: {2026: {}}\n"), "ok");
  EXPECT_EQ(codes("calendar: x\n"), "R013");
  EXPECT_EQ(codes("calendar: x\nyears: {26: {}}\n"), "R040");
  EXPECT_EQ(codes("calendar: x\nyears: {2026: {a: {off: 02-30}}}\n"), "R024");
  EXPECT_EQ(codes("calendar: x\nyears: {2026: {a: {off: 05-03..05-01}}}\n"), "R024");
  EXPECT_EQ(codes("calendar: x\nyears: {2026: {a: {of: 05-01}}}\n"), "R012");
  EXPECT_EQ(codes("calendar: x\nyears: {2026: {a: {off: 05-01..05-03, work: 05-02}}}\n"), "R041");
}

TEST(CalendarFile, LocalDaysReplaceListedOnes) {
  Calendar calendar = shipped();
  Diagnostics found;
  auto written = [](const char* value) {
    Text out;
    out.present = true;
    out.text = value;
    return out;
  };
  const std::vector<Text> off = {written("2026-03-03..2026-03-04")}, work = {written("2026-10-01")};
  add_local_days(off, work, calendar, found);
  EXPECT_TRUE(found.empty());
  EXPECT_FALSE(calendar.is_working(day("2026-03-04")));
  EXPECT_TRUE(calendar.is_working(day("2026-10-01")));
}

}  // namespace
}  // namespace lianqing
