// calendar_updated: deadlines in working days by the listing that is in force.
#include "engine/calendar_update.h"

#include <gtest/gtest.h>

#include "engine/store/store.h"
#include "tests/support/packs.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using Lines = std::vector<std::string>;
using Days = std::vector<Value>;

// Late two working days after the due; 2026 is listed without holidays.
std::shared_ptr<const Program> tasks() {
  static const auto program = pack(
      "items: {task: {key: id, open: opened, close: closed, due: due}}\n"
      "measures: {late: {overdue: task, by: 2 workdays}}\n"
      "rules: {t: {title: T, yellow: \"late >= 1\"}}\n");
  return program;
}

Event opened(std::string_view time, const char* due) {
  return event(std::string("o") + due, "u", "opened", time, {{"id", due}, {"due", due}});
}

Event year(std::string_view time, int year, Days off, Days work = {}, std::string_view unit = {}) {
  return event("y" + std::string(time), unit, "calendar_updated", time,
               {{"year", year}, {"off", std::move(off)}, {"work", std::move(work)}});
}

RunOptions until(std::string_view t) {
  RunOptions out;
  out.replay.until = at(t);
  return out;
}

TEST(CalendarUpdate, ADeadlineThatHasNotPassedMoves) {
  const Event task = opened("2026-03-02T01:00:00Z", "2026-03-03");  // a Tuesday
  const auto end = until("2026-03-30T00:00:00Z");
  EXPECT_EQ(run(tasks(), {task}, end).lines(),
            (Lines{"2026-03-05T16:00:00Z u t green>yellow timer"}));
  const Days off{"2026-03-05", "2026-03-06"};
  EXPECT_EQ(run(tasks(), {task, year("2026-03-04T02:00:00Z", 2026, off)}, end).lines(),
            (Lines{"2026-03-09T16:00:00Z u t green>yellow timer"}));
  EXPECT_EQ(
      run(tasks(), {task, year("2026-03-04T02:00:00Z", 2026, off, {"2026-03-07"})}, end).lines(),
      (Lines{"2026-03-07T16:00:00Z u t green>yellow timer"}));
}

TEST(CalendarUpdate, ColoursFallAndRiseAtTheRecordsClockAndTheLastListingCounts) {
  const Ran ran = run(
      tasks(),
      {opened("2026-03-02T01:00:00Z", "2026-03-03"),
       year("2026-03-09T02:00:00Z", 2026, {"2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"}),
       year("2026-03-10T02:00:00Z", 2026, {"2026-03-05"}),
       year("2026-03-10T03:00:00Z", 2026,
            {"2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10"})},
      until("2026-03-30T00:00:00Z"));
  EXPECT_EQ(ran.lines(), (Lines{"2026-03-05T16:00:00Z u t green>yellow timer",
                                "2026-03-09T02:00:00Z u t yellow>green decision",
                                "2026-03-10T02:00:00Z u t green>yellow decision",
                                "2026-03-10T03:00:00Z u t yellow>green decision",
                                "2026-03-11T16:00:00Z u t green>yellow timer"}));
  ASSERT_EQ(ran.warnings.size(), 5U);
  EXPECT_FALSE(ran.warnings[1].revoked);
  EXPECT_EQ(ran.warnings[1].seq, 1U);
}

TEST(CalendarUpdate, AYearItBringsIsThereFromThenOn) {
  const Event task = opened("2026-12-28T01:00:00Z", "2026-12-30");  // a Wednesday
  const Ran with = run(tasks(), {year("2026-11-10T01:00:00Z", 2027, {"2027-01-01"}), task},
                       until("2027-01-30T00:00:00Z"));
  EXPECT_EQ(with.error, "");
  EXPECT_EQ(with.lines(), (Lines{"2027-01-04T16:00:00Z u t green>yellow timer"}));
}

TEST(CalendarUpdate, UntilTheYearComesItsDeadlinesAreUnknownAndNothingStops) {
  const std::vector<Event> log = {opened("2026-12-28T01:00:00Z", "2026-12-30"),  // a Wednesday
                                  year("2027-01-12T02:00:00Z", 2027, {"2027-01-01"})};
  for (const bool comes : {false, true}) {
    for (const bool stops : {false, true}) {
      SCOPED_TRACE(std::to_string(comes) + std::to_string(stops));
      const TempDir dir;
      auto store = open_rocks_store(dir.path());
      ASSERT_TRUE(store);
      auto end = until("2027-01-30T00:00:00Z");
      auto machine = std::make_unique<Machine>(tasks(), end, store->get());
      ASSERT_TRUE(machine->replay().resume());
      ASSERT_TRUE(machine->feed(log, 0, 1));
      ASSERT_TRUE(machine->replay().judge_through(at("2027-01-05T00:00:00Z")));
      EXPECT_EQ(machine->replay().calendar_gaps().at(2027).units, 1U);
      EXPECT_EQ(machine->replay().calendar_gaps().at(2027).greyed, 1U);
      const auto unit = machine->replay().unit("u");
      ASSERT_TRUE(unit);
      EXPECT_TRUE((*unit)->instances[0].grey);
      EXPECT_EQ((*unit)->instances[0].missing_year, 2027);
      if (stops) {
        ASSERT_TRUE(machine->replay().checkpoint("x"));
        machine.reset();
        store->reset();
        store = open_rocks_store(dir.path());
        ASSERT_TRUE(store);
        machine = std::make_unique<Machine>(tasks(), end, store->get());
        ASSERT_TRUE(machine->replay().resume());
      }
      if (comes) {
        ASSERT_TRUE(machine->feed(log, 1, 2));
      }
      ASSERT_TRUE(machine->finish());
      EXPECT_EQ(machine->ran().lines(),
                comes ? Lines{"2027-01-12T02:00:00Z u t green>yellow decision"} : Lines{});
      EXPECT_EQ(machine->replay().calendar_gaps().at(2027).units, comes ? 0U : 1U);
    }
  }
}

TEST(CalendarUpdate, ADueInAYearThatIsFarAwayIsNoneYetAndOneLongPastIsOne) {
  const auto end = until("2026-12-31T00:00:00Z");
  Machine machine(tasks(), end);
  ASSERT_TRUE(machine.feed({opened("2026-03-02T01:00:00Z", "2199-06-01")}, 0, 1));
  ASSERT_TRUE(machine.finish());
  EXPECT_TRUE(machine.ran().warnings.empty());
  EXPECT_EQ(machine.replay().calendar_gaps().at(2199).greyed, 0U);
  EXPECT_EQ(run(tasks(), {opened("2026-03-02T01:00:00Z", "2019-06-03")}, end).lines(),
            (Lines{"2026-03-02T01:00:00Z u t green>yellow event"}));
}

TEST(CalendarUpdate, ItConcernsNoUnitWhateverItSays) {
  const Ran ran = run(tasks(),
                      {opened("2026-03-02T01:00:00Z", "2026-03-03"),
                       year("2026-03-04T02:00:00Z", 2026, {"2026-03-05"}, {}, "u")},
                      until("2026-03-30T00:00:00Z"));
  EXPECT_EQ(ran.lines(), (Lines{"2026-03-06T16:00:00Z u t green>yellow timer"}));
}

TEST(CalendarUpdate, WhatCannotBeReadIsQuarantinedWithTheField) {
  const auto refused = [](const Data& data) {
    const Ran ran =
        run(tasks(), {event("y", "", "calendar_updated", "2026-03-04T02:00:00Z", data)});
    EXPECT_EQ(ran.rejections.size(), 1U);
    if (ran.rejections.empty()) return std::string{};
    EXPECT_EQ(ran.rejections[0].raw, "y");
    return ran.rejections[0].code + ": " + ran.rejections[0].detail;
  };
  EXPECT_EQ(refused({{"off", Days{}}}), "field: field 'year': expected a year from 1900 to 2200");
  EXPECT_EQ(refused({{"year", "2026"}, {"off", Days{}}}),
            "field: field 'year': expected a year from 1900 to 2200");
  const std::string off = "field: field 'off': expected a list of dates YYYY-MM-DD in 2026";
  EXPECT_EQ(refused({{"year", 2026}}), off);  // never Monday to Friday by leaving it out
  EXPECT_EQ(refused({{"year", 2026}, {"off", 5}}), off);
  EXPECT_EQ(refused({{"year", 2026}, {"off", Days{"2026-01-01", 7}}}), off);
  EXPECT_EQ(refused({{"year", 2026}, {"off", Days{"2025-01-01"}}}), off);
  EXPECT_EQ(refused({{"year", 2026}, {"off", Days{}}, {"work", Days{"soon"}}}),
            "field: field 'work': expected a list of dates YYYY-MM-DD in 2026");
  EXPECT_EQ(refused({{"year", 2026}, {"off", "2026-01-03"}, {"work", "2026-01-03"}}),
            "field: field 'work': 2026-01-03 is in 'off' too");
}

TEST(CalendarUpdate, AStoppedRunGoesOnByTheListingOfThen) {
  const std::vector<Event> log = {opened("2026-03-02T01:00:00Z", "2026-03-03"),
                                  year("2026-03-04T02:00:00Z", 2026, {"2026-03-05", "2026-03-06"}),
                                  opened("2026-03-08T01:00:00Z", "2026-03-04")};
  const auto end = until("2026-03-30T00:00:00Z");
  const Ran whole = run(tasks(), log, end);
  EXPECT_EQ(whole.lines(), (Lines{"2026-03-09T16:00:00Z u t green>yellow timer"}));
  for (std::size_t stop = 1; stop <= log.size(); ++stop) {
    SCOPED_TRACE(stop);
    const TempDir dir;
    {
      auto store = open_rocks_store(dir.path());
      ASSERT_TRUE(store);
      Machine first(tasks(), end, store->get());
      ASSERT_TRUE(first.replay().resume());
      ASSERT_TRUE(first.feed(log, 0, stop));
      ASSERT_TRUE(first.replay().flush());
      ASSERT_TRUE(first.replay().checkpoint("x"));
    }
    auto store = open_rocks_store(dir.path());
    ASSERT_TRUE(store);
    Machine second(tasks(), end, store->get());
    ASSERT_TRUE(second.replay().resume());
    ASSERT_TRUE(second.feed(log, stop, log.size()));
    ASSERT_TRUE(second.finish());
    EXPECT_EQ(second.ran().full(), whole.full());
  }
}

}  // namespace
}  // namespace lianqing
