#include "engine/items.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

Instant at(int minutes) { return instant(minutes * 60'000'000LL); }

Program with_calendar() {
  Program program;
  program.zone.changes = {{kBeforeAll, Duration{8 * 3'600'000'000LL}}};
  program.calendar.name = "test";
  program.calendar.years = {2026};
  return program;
}

TEST(Episodes, SecondOpeningAndClosingOfNoneAreIgnoredAndCounted) {
  std::uint64_t ignored = 0;
  const std::vector<ItemEvent> events = {
      {at(1), 0, ItemStep::close, kNever, {}}, {at(2), 1, ItemStep::open, at(10), {}},
      {at(3), 2, ItemStep::open, at(20), {}},  {at(4), 3, ItemStep::extend, at(12), {}},
      {at(5), 4, ItemStep::close, kNever, {}}, {at(6), 5, ItemStep::extend, at(30), {}},
      {at(7), 6, ItemStep::open, kNever, {}}};
  const auto found = episodes(events, &ignored);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(ignored, 3U);
  EXPECT_EQ(found[0].due, at(12));
  EXPECT_EQ(found[0].closed, at(5));
  EXPECT_EQ(found[0].extensions.size(), 1U);
  EXPECT_EQ(found[1].closed, kNever);
  EXPECT_EQ(found[1].due, kNever);
}

TEST(IntervalCount, AddingAndWithdrawingLeavesNoResidue) {
  IntervalCount count;
  count.change(at(5), at(9), +1, at(3));
  count.change(at(1), at(9), +1, at(3));
  EXPECT_EQ(count.active, 1);
  EXPECT_EQ(count.due(), at(5));
  count.advance(at(5));
  EXPECT_EQ(count.active, 2);
  count.change(at(5), at(9), -1, at(6));
  count.change(at(1), at(9), -1, at(6));
  EXPECT_EQ(count.active, 0);
  EXPECT_TRUE(count.ahead.empty());
}

TEST(Deadlines, WorkdaysSkipTheWeekendAndEndAtMidnight) {
  const Program program = with_calendar();
  // Due at the end of Friday 2026-03-06 (Shanghai); one working day more is the end of Monday.
  const Instant due = program.zone.end_of(
      LocalDay{std::chrono::days{parse_date("2026-03-06")->time_since_epoch()}});
  EXPECT_EQ(format_rfc3339(due), "2026-03-06T16:00:00Z");
  EXPECT_EQ(format_rfc3339(deadline_after(program, due, Span{true, 1}).to), "2026-03-09T16:00:00Z");
  EXPECT_EQ(format_rfc3339(deadline_after(program, due, Span{false, days(1).count()}).to),
            "2026-03-07T16:00:00Z");
}

TEST(Deadlines, WarningStartsOnTheFirstDayFromWhichTheDueCanBeReached) {
  const Program program = with_calendar();
  const Instant due = program.zone.end_of(
      LocalDay{std::chrono::days{parse_date("2026-03-09")->time_since_epoch()}});
  // Monday the 9th is one working day after Friday the 6th.
  EXPECT_EQ(format_rfc3339(warning_start(program, due, Span{true, 1}).to), "2026-03-05T16:00:00Z");
  EXPECT_EQ(format_rfc3339(warning_start(program, due, Span{true, 2}).to), "2026-03-04T16:00:00Z");
}

TEST(Deadlines, AYearWithoutDataBoundsThem) {
  Program program = with_calendar();
  const auto shown = [](Instant t) { return t == kNever ? "never" : format_rfc3339(t); };
  const Instant due = *parse_rfc3339("2026-12-30T00:00:00Z");
  // One day of 2026 counts; what comes then may be any four days or more of 2027.
  const Reckoned late = deadline_after(program, due, Span{true, 5});
  EXPECT_EQ(late.missing_year, 2027);
  EXPECT_EQ(shown(late.from), "2027-01-01T16:00:00Z");
  EXPECT_EQ(shown(late.to), "never");
  EXPECT_TRUE(late.tells(*parse_rfc3339("2026-12-31T00:00:00Z")));
  EXPECT_FALSE(late.tells(*parse_rfc3339("2028-12-31T00:00:00Z")));
  EXPECT_TRUE(deadline_after(program, due, Span{true, 1}).is_certain());
  // 2028 is known: its fourth working day is the latest that the deadline can be.
  program.calendar.years.insert(2028);
  const Reckoned bounded = deadline_after(program, due, Span{true, 5});
  EXPECT_EQ(shown(bounded.from), "2027-01-01T16:00:00Z");
  EXPECT_EQ(shown(bounded.to), "2028-01-06T16:00:00Z");
  // Backwards: at most the days of 2027 up to the due are all working, at least none is.
  const Reckoned soon =
      warning_start(program, *parse_rfc3339("2027-01-11T16:00:00Z"), Span{true, 3});
  EXPECT_EQ(soon.missing_year, 2027);
  EXPECT_EQ(shown(soon.from), "2026-12-28T16:00:00Z");
  EXPECT_EQ(shown(soon.to), "2027-01-10T16:00:00Z");
  program.calendar.years = {2028};
  EXPECT_EQ(warning_start(program, due, Span{true, 3}).from, kBeforeAll);
}

}  // namespace
}  // namespace lianqing
