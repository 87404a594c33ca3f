#include "cli/test/moment.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

Program shanghai() {
  Program program;
  program.zone.changes.push_back({kBeforeAll, std::chrono::hours{8}});
  program.calendar.name = "made";
  program.calendar.years = {2026};
  return program;
}

std::string at(std::string_view text) {
  const Program program = shanghai();
  const Instant start = *parse_rfc3339("2026-03-02T01:00:00Z");  // Monday 09:00 in Shanghai
  const auto t = parse_moment(text, {program, start});
  return t ? format_rfc3339(*t) : t.error().en;
}

TEST(Moment, LengthsCountFromTheStart) {
  EXPECT_EQ(at("+0h"), "2026-03-02T01:00:00Z");
  EXPECT_EQ(at("+2d3h"), "2026-03-04T04:00:00Z");
  EXPECT_EQ(at("+2d 90s"), "2026-03-04T01:01:30Z");
  EXPECT_EQ(at("+1w"), "2026-03-09T01:00:00Z");
  EXPECT_EQ(at("+2天3小时"), "2026-03-04T04:00:00Z");
  EXPECT_EQ(at("-1d"), "2026-03-01T01:00:00Z");
}

TEST(Moment, WorkingDaysKeepTheTimeOfDay) {
  EXPECT_EQ(at("+5 workdays"), "2026-03-09T01:00:00Z");
  EXPECT_EQ(at("+1 workday 2h"), "2026-03-03T03:00:00Z");
  EXPECT_EQ(at("-1 workdays"), "2026-02-27T01:00:00Z");
  EXPECT_EQ(at("+300 workdays"), "the calendar has no data for 2027");
}

TEST(Moment, StaysInYearsThatCanBeWritten) {
  for (const char* text : {"+100000000d", "-100000000d", "+106751991d106751991d", "+9999999999w"})
    EXPECT_FALSE(at(text).ends_with("Z")) << text;
  EXPECT_EQ(at("+2900000d"), "9966-02-05T01:00:00Z");
}

TEST(Moment, DatesAndTimesAreLocal) {
  EXPECT_EQ(at("2026-03-05"), "2026-03-04T16:00:00Z");
  EXPECT_EQ(at("2026-03-05T10:00"), "2026-03-05T02:00:00Z");
  EXPECT_EQ(at("2026-03-05 10:00:30"), "2026-03-05T02:00:30Z");
  EXPECT_EQ(at("2026-03-05T10:00:00+02:00"), "2026-03-05T08:00:00Z");
}

TEST(Moment, OtherTextsAreNone) {
  for (const char* text : {"", "2d", "+", "+2", "+d", "+2x", "2026-02-30", "tomorrow", "10:00"})
    EXPECT_EQ(at(text), "'" + std::string(text) + "' is no point in time");
}

TEST(Moment, IsWrittenAsATestWould) {
  const Instant start{};
  EXPECT_EQ(from_start(start, start), "+0h");
  EXPECT_EQ(from_start(start + days(2) + std::chrono::minutes{90}, start), "+2d1h30m");
  EXPECT_EQ(from_start(start - days(3), start), "-3d");
}

}  // namespace
}  // namespace lianqing
