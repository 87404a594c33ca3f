#include "rules/duration.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(Duration, ReadsSpans) {
  auto micros = [](std::int64_t n) { return Span{false, n}; };
  EXPECT_EQ(parse_span("90s"), micros(90 * kSecond));
  EXPECT_EQ(parse_span("15m"), micros(900 * kSecond));
  EXPECT_EQ(parse_span("6h"), micros(6 * 3600 * kSecond));
  EXPECT_EQ(parse_span("30d"), micros(30 * 86'400 * kSecond));
  EXPECT_EQ(parse_span(" 30 d "), micros(30 * 86'400 * kSecond));
  EXPECT_EQ(parse_span("2w"), micros(14 * 86'400 * kSecond));
  EXPECT_EQ(parse_span("0d"), micros(0));
  EXPECT_EQ(parse_span("30天"), micros(30 * 86'400 * kSecond));
  EXPECT_EQ(parse_span("6小时"), parse_span("6h"));
  EXPECT_EQ(parse_span("6 个小时"), parse_span("6h"));
  EXPECT_EQ(parse_span("2周"), parse_span("2w"));
  EXPECT_EQ(parse_span("15分钟"), parse_span("15m"));
  EXPECT_EQ(parse_span("90秒"), parse_span("90s"));
}

TEST(Duration, RefusesMoreThanTenThousandYears) {
  EXPECT_TRUE(parse_span("3652500d"));
  EXPECT_FALSE(parse_span("3652501d"));
  EXPECT_FALSE(parse_span("400000000000000w"));
  EXPECT_TRUE(parse_span("3652500 workdays"));
  EXPECT_FALSE(parse_span("3652501 workdays"));
}

TEST(Duration, ReadsWorkdays) {
  EXPECT_EQ(parse_span("5 workdays"), (Span{true, 5}));
  EXPECT_EQ(parse_span("1 workday"), (Span{true, 1}));
  EXPECT_EQ(parse_span("5workdays"), (Span{true, 5}));
  EXPECT_EQ(parse_span("5个工作日"), (Span{true, 5}));
  EXPECT_EQ(parse_span("5工作日"), (Span{true, 5}));
}

TEST(Duration, ReachesTenThousandYears) {
  constexpr std::int64_t kDays = 3'652'500;
  EXPECT_EQ(parse_span("3652500d"), (Span{false, kDays * 86'400'000'000}));
  EXPECT_EQ(parse_span("3652500 workdays"), (Span{true, kDays}));
}

TEST(Duration, RefusesWhatIsNoSpan) {
  for (const char* text :
       {"", "d", "30", "-1d", "1.5h", "30 days ago", "month", "1 month", "5D", "+3d", "个天", "3个",
        "99999999999999999999d", "200000000d", "3652501d", "3652501 workdays", "2 weeks"}) {
    EXPECT_EQ(parse_span(text), std::nullopt) << text;
  }
}

TEST(Duration, ReadsCalendarPeriods) {
  EXPECT_EQ(parse_calendar_span("day"), (CalendarSpan{Period::day, 1, false}));
  EXPECT_EQ(parse_calendar_span("week"), (CalendarSpan{Period::week, 1, false}));
  EXPECT_EQ(parse_calendar_span("month"), (CalendarSpan{Period::month, 1, false}));
  EXPECT_EQ(parse_calendar_span("year"), (CalendarSpan{Period::year, 1, false}));
  EXPECT_EQ(parse_calendar_span("1 month"), (CalendarSpan{Period::month, 1, true}));
  EXPECT_EQ(parse_calendar_span("2 quarters"), (CalendarSpan{Period::quarter, 2, true}));
  EXPECT_EQ(parse_calendar_span("0 days"), (CalendarSpan{Period::day, 0, true}));
  EXPECT_EQ(parse_calendar_span("2个月"), (CalendarSpan{Period::month, 2, true}));
  EXPECT_EQ(parse_calendar_span("季度"), (CalendarSpan{Period::quarter, 1, false}));
  for (const char* text :
       {"", "months", "1m", "30d", "-1 month", "1.5 years", "999999999 days", "1"}) {
    EXPECT_EQ(parse_calendar_span(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace lianqing
