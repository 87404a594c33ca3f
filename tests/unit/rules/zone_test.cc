#include "rules/zone.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

Zone zone(const std::string& name) {
  auto loaded = load_zone(name);
  EXPECT_TRUE(loaded) << name;
  return loaded ? *loaded : Zone{name, {{kBeforeAll, Duration{0}}}};
}

Instant utc(const char* text) { return *parse_rfc3339(text); }

std::string offset(const Zone& z, const char* at) {
  return std::to_string(z.offset_at(utc(at)).count() / 1'000'000);
}

LocalDay day(int y, unsigned m, unsigned d) {
  return LocalDay{std::chrono::year{y} / std::chrono::month{m} / std::chrono::day{d}};
}

WallTime wall(int y, unsigned m, unsigned d, int h, int min) {
  return WallTime{day(y, m, d)} + std::chrono::hours{h} + std::chrono::minutes{min};
}

TEST(Zone, ShanghaiStandsStillToday) {
  const Zone z = zone("Asia/Shanghai");
  EXPECT_EQ(z.name, "Asia/Shanghai");
  EXPECT_EQ(z.changes.front().at, kBeforeAll);
  EXPECT_EQ(offset(z, "1970-01-01T00:00:00Z"), "28800");
  EXPECT_EQ(offset(z, "2026-07-01T00:00:00Z"), "28800");
  EXPECT_EQ(offset(z, "2099-07-01T00:00:00Z"), "28800");
  EXPECT_EQ(z.changes.back().at, utc("1991-09-14T17:00:00Z"));
  EXPECT_EQ(z.start_of(day(2026, 3, 5)), utc("2026-03-04T16:00:00Z"));
  EXPECT_EQ(z.end_of(day(2026, 3, 5)), utc("2026-03-05T16:00:00Z"));
  EXPECT_EQ(z.day_of(utc("2026-03-04T16:00:00Z")), day(2026, 3, 5));
  EXPECT_EQ(z.day_of(utc("2026-03-04T15:59:59.999999Z")), day(2026, 3, 4));
}

TEST(Zone, ShanghaiHadSummerTime) {
  const Zone z = zone("Asia/Shanghai");
  EXPECT_EQ(offset(z, "1986-05-03T17:59:59Z"), "28800");
  EXPECT_EQ(offset(z, "1986-05-03T18:00:00Z"), "32400");
  EXPECT_EQ(offset(z, "1986-09-13T16:59:59Z"), "32400");
  EXPECT_EQ(offset(z, "1986-09-13T17:00:00Z"), "28800");
}

TEST(Zone, NewYorkJumpsForth) {
  const Zone z = zone("America/New_York");
  EXPECT_EQ(offset(z, "2026-03-08T06:59:59Z"), "-18000");
  EXPECT_EQ(offset(z, "2026-03-08T07:00:00Z"), "-14400");
  // 02:30 does not occur: the instant of the jump.
  EXPECT_EQ(z.to_instant(wall(2026, 3, 8, 2, 30)), utc("2026-03-08T07:00:00Z"));
  EXPECT_EQ(z.to_instant(wall(2026, 3, 8, 1, 59)), utc("2026-03-08T06:59:00Z"));
  EXPECT_EQ(z.to_instant(wall(2026, 3, 8, 3, 0)), utc("2026-03-08T07:00:00Z"));
  EXPECT_EQ(z.end_of(day(2026, 3, 8)) - z.start_of(day(2026, 3, 8)), std::chrono::hours{23});
}

TEST(Zone, NewYorkFallsBack) {
  const Zone z = zone("America/New_York");
  EXPECT_EQ(offset(z, "2026-11-01T05:59:59Z"), "-14400");
  EXPECT_EQ(offset(z, "2026-11-01T06:00:00Z"), "-18000");
  // 01:30 occurs twice: the first.
  EXPECT_EQ(z.to_instant(wall(2026, 11, 1, 1, 30)), utc("2026-11-01T05:30:00Z"));
  EXPECT_EQ(z.to_instant(wall(2026, 11, 1, 2, 0)), utc("2026-11-01T07:00:00Z"));
  EXPECT_EQ(z.end_of(day(2026, 11, 1)) - z.start_of(day(2026, 11, 1)), std::chrono::hours{25});
}

TEST(Zone, SummerTimeGoesOnPast2037) {
  // The files of most systems list no change after 2037, only the rule.
  const Zone z = zone("America/New_York");
  EXPECT_EQ(offset(z, "2038-07-01T00:00:00Z"), "-14400");
  EXPECT_EQ(offset(z, "2060-03-14T06:59:59Z"), "-18000");
  EXPECT_EQ(offset(z, "2060-03-14T07:00:00Z"), "-14400");
  EXPECT_EQ(offset(z, "2100-11-07T05:59:59Z"), "-14400");
  EXPECT_EQ(offset(z, "2100-11-07T06:00:00Z"), "-18000");
  EXPECT_EQ(z.changes.back().at, utc("2100-11-07T06:00:00Z"));
}

TEST(Zone, AmsterdamFollowsTheUnion) {
  const Zone z = zone("Europe/Amsterdam");
  EXPECT_EQ(offset(z, "2026-03-29T00:59:59Z"), "3600");
  EXPECT_EQ(offset(z, "2026-03-29T01:00:00Z"), "7200");
  EXPECT_EQ(offset(z, "2026-10-25T00:59:59Z"), "7200");
  EXPECT_EQ(offset(z, "2026-10-25T01:00:00Z"), "3600");
  EXPECT_EQ(offset(z, "2050-03-27T01:00:00Z"), "7200");
  EXPECT_EQ(offset(z, "2050-10-30T01:00:00Z"), "3600");
  EXPECT_EQ(z.start_of(day(2026, 3, 30)), utc("2026-03-29T22:00:00Z"));
}

TEST(Zone, SouthernSummerSpansTheNewYear) {
  const Zone z = zone("Australia/Sydney");
  EXPECT_EQ(offset(z, "2060-01-01T00:00:00Z"), "39600");
  EXPECT_EQ(offset(z, "2060-07-01T00:00:00Z"), "36000");
  EXPECT_EQ(offset(z, "2060-12-01T00:00:00Z"), "39600");
}

TEST(Zone, ChangesAreSortedAndReal) {
  for (const char* name : {"America/New_York", "Europe/Amsterdam", "Asia/Shanghai", "UTC",
                           "Africa/Casablanca", "Europe/Dublin", "Asia/Kathmandu"}) {
    const Zone z = zone(name);
    for (std::size_t i = 1; i < z.changes.size(); ++i) {
      EXPECT_LT(z.changes[i - 1].at, z.changes[i].at) << name;
      EXPECT_NE(z.changes[i - 1].offset, z.changes[i].offset) << name;
    }
  }
}

TEST(Zone, UnknownNamesFail) {
  for (const char* name : {"Asia/Ningbo", "", "+08:00", "../../etc/passwd"}) {
    const auto loaded = load_zone(name);
    ASSERT_FALSE(loaded) << name;
    EXPECT_EQ(loaded.error().code, ErrorCode::usage);
    EXPECT_NE(loaded.error().what.find(name), std::string::npos);
  }
}

TEST(Zone, PeriodsBeginOnTheirFirstDay) {
  EXPECT_EQ(Zone::period_start(day(2026, 3, 5), Period::week), day(2026, 3, 2));
  EXPECT_EQ(Zone::period_start(day(2026, 3, 1), Period::week), day(2026, 2, 23));
  EXPECT_EQ(Zone::period_start(day(2026, 3, 31), Period::month, -1), day(2026, 2, 1));
  EXPECT_EQ(Zone::period_start(day(2026, 1, 31), Period::month, -1), day(2025, 12, 1));
  EXPECT_EQ(Zone::period_start(day(2026, 5, 5), Period::quarter), day(2026, 4, 1));
  EXPECT_EQ(Zone::period_start(day(2026, 2, 5), Period::quarter, -1), day(2025, 10, 1));
  EXPECT_EQ(Zone::period_start(day(2026, 2, 5), Period::year, 1), day(2027, 1, 1));
}

}  // namespace
}  // namespace lianqing
