#include "lianqing/time.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(Rfc3339, ReadsAnyOffset) {
  const auto utc = parse_rfc3339("2026-03-05T02:02:11Z");
  ASSERT_TRUE(utc.has_value());
  EXPECT_EQ(parse_rfc3339("2026-03-05T10:02:11+08:00"), utc);
  EXPECT_EQ(parse_rfc3339("2026-03-04T21:32:11-04:30"), utc);
  EXPECT_EQ(parse_rfc3339("2026-03-05t02:02:11z"), utc);
}

TEST(Rfc3339, KeepsMicroseconds) {
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2010-10-01T00:00:00.020+02:00")),
            "2010-09-30T22:00:00.020000Z");
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("2010-10-01T00:00:00.1234567Z")),
            "2010-10-01T00:00:00.123456Z");
  EXPECT_EQ(format_rfc3339(*parse_rfc3339("1969-12-31T23:59:59.5Z")),
            "1969-12-31T23:59:59.500000Z");
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* text :
       {"", "2026-03-05", "2026-03-05T10:00:00", "2026-13-05T10:00:00Z", "2026-02-29T10:00:00Z",
        "2026-03-05T24:00:00Z", "2026-03-05T10:60:00Z", "2026-03-05T10:00:00.Z",
        "2026-03-05T10:00:00+8:00", "2026-03-05T10:00:00Zx", "2026-03-05T10:00:00+0800"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Date, KnowsTheCalendar) {
  EXPECT_TRUE(parse_date("2024-02-29").has_value());
  EXPECT_FALSE(parse_date("2023-02-29").has_value());
  EXPECT_FALSE(parse_date("2023-2-09").has_value());
  EXPECT_EQ(format_date(*parse_date("0001-01-01")), "0001-01-01");
}

}  // namespace
}  // namespace lianqing
