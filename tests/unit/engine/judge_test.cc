#include "engine/judge.h"

#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

using Lines = std::vector<std::string>;

Instant hour(int n) { return instant(n * 3'600'000'000LL); }
Span hours(int n) { return {false, n * 3'600'000'000LL}; }

// A rule with both levels; the verdicts are set by the test.
struct Stand {
  Program program;
  Rule rule;
  Instance instance;
  Verdicts verdicts;

  Stand() {
    rule.levels[1].present = rule.levels[2].present = true;
    verdicts.exit = {true, true, true};
  }
  bool move(int h) { return move_level(program, rule, verdicts, hour(h), instance); }
  // Sets what is true: enter and exit of a level.
  void set(int level, bool enter, bool exit) {
    verdicts.enter[static_cast<std::size_t>(level)] = enter;
    verdicts.exit[static_cast<std::size_t>(level)] = exit;
  }
};

TEST(MoveLevel, EntersTheHighestLevelAtOnceOverYellow) {
  Stand stand;
  stand.set(1, true, false);
  stand.set(2, true, false);
  EXPECT_TRUE(stand.move(1));
  EXPECT_EQ(stand.instance.level, Level::red);
  EXPECT_FALSE(stand.move(2));
}

TEST(MoveLevel, ForMustHoldWithoutInterruption) {
  Stand stand;
  stand.rule.levels[1].confirm = hours(5);
  stand.set(1, true, false);
  EXPECT_FALSE(stand.move(1));
  EXPECT_EQ(stand.instance.due, hour(6));
  stand.set(1, false, true);
  EXPECT_FALSE(stand.move(3));
  EXPECT_EQ(stand.instance.due, kNever);
  stand.set(1, true, false);
  EXPECT_FALSE(stand.move(4));
  EXPECT_FALSE(stand.move(8));
  EXPECT_TRUE(stand.move(9));
  EXPECT_EQ(stand.instance.since, hour(9));
}

TEST(MoveLevel, AForThatNeedsAMissingYearIsGreyWithItsClockRunning) {
  Stand stand;  // 1970 has data, 1971 has none
  stand.program.zone.changes = {{kBeforeAll, Duration{0}}};
  stand.program.calendar.years = {1970};
  stand.rule.levels[1].confirm = {true, 3};
  stand.set(1, true, false);
  EXPECT_FALSE(stand.move(24 * 363 + 1));  // Wednesday, 30 December
  EXPECT_FALSE(stand.instance.grey);
  EXPECT_EQ(stand.instance.due, hour(24 * 366));  // 1 January may be the third day
  EXPECT_FALSE(stand.move(24 * 366));
  EXPECT_TRUE(stand.instance.grey);
  EXPECT_EQ(stand.instance.missing_year, 1971);
  EXPECT_EQ(stand.instance.enter_since[1], hour(24 * 363 + 1));
  stand.program.calendar.years.insert(1971);  // a Friday, Monday is the third
  EXPECT_FALSE(stand.move(24 * 367));
  EXPECT_FALSE(stand.instance.grey);
  EXPECT_EQ(stand.instance.due, hour(24 * 369));
  EXPECT_TRUE(stand.move(24 * 369));
}

TEST(MoveLevel, HoldIsCountedFromTheEntryAtTheEarliest) {
  Stand stand;
  stand.rule.levels[1].hold = hours(4);
  stand.set(1, true, true);  // enter and exit may overlap
  EXPECT_TRUE(stand.move(1));
  EXPECT_EQ(stand.instance.due, hour(5));
  stand.set(1, false, false);
  EXPECT_FALSE(stand.move(3));  // exit no longer true: hold is void
  stand.set(1, false, true);
  EXPECT_FALSE(stand.move(4));
  EXPECT_FALSE(stand.move(7));
  EXPECT_TRUE(stand.move(8));
  EXPECT_EQ(stand.instance.level, Level::green);
}

TEST(MoveLevel, FallsToTheHighestLowerLevelWhoseExitIsFalse) {
  Stand stand;
  stand.instance.level = Level::red;
  stand.set(1, false, false);
  stand.set(2, false, true);
  EXPECT_TRUE(stand.move(1));
  EXPECT_EQ(stand.instance.level, Level::yellow);
  stand.instance.level = Level::red;
  stand.set(1, false, true);
  EXPECT_TRUE(stand.move(2));
  EXPECT_EQ(stand.instance.level, Level::green);
}

TEST(MoveLevel, StepDownFallsOneLevelThatTheRuleDefines) {
  Stand stand;
  stand.rule.levels[2].step_down = true;
  stand.instance.level = Level::red;
  EXPECT_TRUE(stand.move(1));
  EXPECT_EQ(stand.instance.level, Level::yellow);
  EXPECT_TRUE(stand.move(2));
  EXPECT_EQ(stand.instance.level, Level::green);
  stand.rule.levels[1].present = false;
  stand.instance.level = Level::red;
  EXPECT_TRUE(stand.move(3));
  EXPECT_EQ(stand.instance.level, Level::green);
}

TEST(MoveLevel, GreyKeepsTheLevelAndStartsTheClocksAnew) {
  Stand stand;
  stand.rule.levels[1].confirm = hours(2);
  stand.set(1, true, false);
  stand.move(1);
  stand.verdicts.grey = true;
  EXPECT_FALSE(stand.move(2));
  EXPECT_TRUE(stand.instance.grey);
  EXPECT_EQ(stand.instance.due, kNever);
  stand.verdicts.grey = false;
  EXPECT_FALSE(stand.move(3));
  EXPECT_EQ(stand.instance.due, hour(5));
  EXPECT_TRUE(stand.move(5));
}

TEST(Judge, RaisesAtTheEventAndFallsWhenItLeavesTheWindow) {
  const auto program = pack(
      "measures: {n: {count: e, over: 1d}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\", red: \"n >= 2\"}}\n");
  RunOptions options;
  options.replay.until = at("2026-03-10T00:00:00Z");
  const Ran ran = run(
      program,
      {event("1", "u", "e", "2026-03-05T10:00:00Z"), event("2", "u", "e", "2026-03-05T12:00:00Z")},
      options);
  EXPECT_EQ(ran.lines(), (Lines{"2026-03-05T10:00:00Z u r green>yellow event",
                                "2026-03-05T12:00:00Z u r yellow>red event",
                                "2026-03-06T10:00:00Z u r red>yellow timer",
                                "2026-03-06T12:00:00Z u r yellow>green timer"}));
}

TEST(Judge, AnInstantGivesOneTransition) {
  const auto program = pack(
      "measures: {n: {count: e}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\", red: \"n >= 3\"}}\n");
  std::vector<Event> events;
  for (const char* id : {"1", "2", "3"})
    events.push_back(event(id, "u", "e", "2026-03-05T10:00:00Z"));
  for (const std::size_t flush : {1U, 2U, 0U}) {
    RunOptions options;
    options.flush_every = flush;
    EXPECT_EQ(run(program, events, options).lines(),
              Lines{"2026-03-05T10:00:00Z u r green>red event"});
  }
}

TEST(Judge, ForAndHoldEndByThemselves) {
  const auto program = pack(
      "measures: {n: {count: e, over: 2d}}\n"
      "rules: {r: {title: R, yellow: {enter: \"n >= 1\", for: 6h, hold: 1d}}}\n");
  RunOptions options;
  options.replay.until = at("2026-03-20T00:00:00Z");
  EXPECT_EQ(run(program, {event("1", "u", "e", "2026-03-05T00:00:00Z")}, options).lines(),
            (Lines{"2026-03-05T06:00:00Z u r green>yellow timer",
                   "2026-03-08T00:00:00Z u r yellow>green timer"}));
}

TEST(Judge, ARuleIsInForceFromItsFirstDayToTheEndOfItsLast) {
  const auto program = pack(
      "measures: {n: {count: e}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\", from: 2026-03-06, to: 2026-03-07}}\n");
  RunOptions options;
  options.replay.until = at("2026-03-20T00:00:00Z");
  EXPECT_EQ(run(program, {event("1", "u", "e", "2026-03-05T00:00:00Z")}, options).lines(),
            (Lines{"2026-03-05T16:00:00Z u r green>yellow timer",
                   "2026-03-07T16:00:00Z u r yellow>green timer"}));
}

TEST(Judge, AnExceptedUnitIsJudgedAfterItsLastDay) {
  const auto program = pack(
      "measures: {n: {count: e}}\n"
      "rules:\n"
      "  r: {title: R, yellow: \"n >= 1\", except: [{unit: u, reason: x, by: y, until: "
      "2026-03-06}]}\n");
  RunOptions options;
  options.replay.until = at("2026-03-20T00:00:00Z");
  EXPECT_EQ(run(program,
                {event("1", "u", "e", "2026-03-05T00:00:00Z"),
                 event("2", "v", "e", "2026-03-05T00:00:00Z")},
                options)
                .lines(),
            (Lines{"2026-03-05T00:00:00Z v r green>yellow event",
                   "2026-03-06T16:00:00Z u r green>yellow timer"}));
}

TEST(Judge, DraftsAreNotJudgedAndShadowsAreMarked) {
  const auto program = pack(
      "measures: {n: {count: e}}\n"
      "rules:\n"
      "  a: {title: A, status: draft, yellow: \"n >= 1\"}\n"
      "  b: {title: B, status: retired, yellow: \"n >= 1\"}\n"
      "  c: {title: C, status: shadow, yellow: \"n >= 1\"}\n");
  const Ran ran = run(program, {event("1", "u", "e", "2026-03-05T00:00:00Z")});
  ASSERT_EQ(ran.warnings.size(), 1U);
  EXPECT_EQ(ran.warnings[0].rule, "c");
  EXPECT_TRUE(ran.warnings[0].shadow);
}

TEST(Judge, ALateEventSaysHowLate) {
  const auto program = pack(
      "measures: {n: {count: e, over: 30d}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\"}}\n");
  const Ran ran =
      run(program, {event("1", "u", "e", "2026-03-05T10:00:00Z", {}, "2026-03-05T11:00:00Z")});
  ASSERT_EQ(ran.lines(), Lines{"2026-03-05T11:00:00Z u r green>yellow event"});
  EXPECT_EQ(ran.warnings[0].late_by, Duration{3'600'000'000});
}

TEST(Judge, ARegisteredUnitIsJudgedAtTheFirstRecord) {
  const auto program = pack(
      "measures: {idle: {age: e, empty: 9999}}\n"
      "rules: {r: {title: R, yellow: \"idle >= 45\"}}\n");
  RunOptions options;
  options.units.push_back({"silent", {}});
  EXPECT_EQ(run(program, {event("1", "u", "e", "2026-03-05T10:00:00Z")}, options).lines(),
            Lines{"2026-03-05T10:00:00Z silent r green>yellow activation"});
}

TEST(Judge, AnAgeThatNothingReachesIsWaitedForInVain) {
  for (const char* far : {"1000000000", "9000000000000000000", "3652500", "-1000000000"}) {
    const auto program = pack(
        "measures: {idle: {age: e}}\n"
        "rules: {r: {title: R, yellow: \"idle > " +
        std::string(far) + "\"}}\n");
    RunOptions options;
    options.replay.until = at("9999-12-31T00:00:00Z");
    const Ran ran = run(program, {event("1", "u", "e", "2026-03-05T10:00:00Z")}, options);
    EXPECT_EQ(ran.warnings.size(), far[0] == '-' ? 1U : 0U) << far;
  }
}

TEST(Judge, NeedsKeepsTheLevel) {
  const auto program = pack(
      "measures: {n: {count: e, over: 1d}, score: {avg: score, of: e, over: 1d}}\n"
      "rules: {r: {title: R, needs: \"n >= 2\", yellow: \"score < 5\"}}\n");
  RunOptions options;
  options.replay.until = at("2026-03-20T00:00:00Z");
  EXPECT_EQ(run(program,
                {event("1", "u", "e", "2026-03-05T10:00:00Z", {{"score", 1}}),
                 event("2", "u", "e", "2026-03-05T11:00:00Z", {{"score", 2}})},
                options)
                .lines(),
            Lines{"2026-03-05T11:00:00Z u r green>yellow event"});
}

}  // namespace
}  // namespace lianqing
