#include "engine/casebook/casebook.h"

#include <gtest/gtest.h>

#include "tests/support/case_play.h"

namespace lianqing {
namespace {

using Lines = Play::Lines;
using Fields = Play::Fields;
constexpr Level kGreen = Level::green, kYellow = Level::yellow, kRed = Level::red;

const Program& program() {
  static const Program kProgram = stage();
  return kProgram;
}

// ---- limits

struct WorkdayVector {
  const char* from;
  std::int64_t days;
  const char* end;  // of this day
};

TEST(Deadlines, WorkingDaysOf2026) {
  constexpr WorkdayVector kVectors[] = {
      {"2026-02-13 10:00", 3, "2026-02-25"}, {"2026-02-13 10:00", 13, "2026-03-10"},
      {"2026-02-14 10:00", 1, "2026-02-24"}, {"2026-09-18 10:00", 2, "2026-09-21"},
      {"2026-09-24 10:00", 1, "2026-09-28"}, {"2026-09-30 10:00", 3, "2026-10-10"},
      {"2026-04-30 10:00", 5, "2026-05-11"}, {"2025-12-31 10:00", 1, "2026-01-04"},
  };
  for (const WorkdayVector& v : kVectors) {
    const auto due = limit_after(program(), local(v.from), {true, v.days});
    ASSERT_TRUE(due) << v.from;
    EXPECT_EQ(local_line(*due - days(1)), local_line(local(v.end))) << v.from << " + " << v.days;
    // A deadline at the end of a day belongs to that day.
    const Instant midnight = program().zone.end_of(program().zone.day_of(local(v.from)));
    EXPECT_EQ(*limit_after_due(program(), midnight, {true, v.days}), *due) << v.from;
  }
}

TEST(Deadlines, WithoutACalendarNoneIsSetAndAMissingYearIsAnError) {
  Program none = stage();
  none.calendar = {};
  EXPECT_EQ(*limit_after(none, local("03-02 09:00"), {true, 2}), kNever);
  const auto due = limit_after(program(), local("12-31 09:00"), {true, 1});
  ASSERT_FALSE(due);
  EXPECT_EQ(due.error().year, 2027);
  // No deadline, and nothing happens for want of one; the first known one goes its way.
  Play play(program());
  play.rise("12-29 09:00", "a", kYellow).until("2027-06-01");
  EXPECT_EQ(play.steps(),
            (Play::Lines{"12-29 09:00 w1 opened candidate>issued green>yellow rule_rose "
                         "sign=2027-01-01 00:00 plan=?2027 finish=?2027",
                         "2027-01-01 00:00 w1 overdue deadline_passed sign due "
                         "2027-01-01 00:00",
                         "2027-01-01 00:00 w1 chased ladder sign chase due "
                         "2027-01-01 00:00"}));
  EXPECT_EQ(play.book.missing_years(), (std::map<int, std::uint64_t>{{2027, 3}}));
  const std::string bytes = play.book.encode();
  const auto again = Casebook::decode(bytes, program());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->encode(), bytes);
  EXPECT_EQ(again->missing_years(), play.book.missing_years());
}

TEST(Deadlines, APauseIntoAYearWithoutDataLeavesTheWorkingDaysThatWereLeft) {
  Play play(program());
  play.rise("12-25 09:00", "a", kYellow).act("12-28 09:00", "w1", "suspend");
  play.act("2027-01-06 09:00", "w1", "resume").until("2027-01-07").steps();
  const Case& c = play["w1"];
  ASSERT_EQ(c.duties.size(), 3U);
  EXPECT_EQ(c.duties[0].due, kNever);  // one of the two working days was over
  EXPECT_EQ(c.duties[0].unreckoned.workdays, 1U);
  EXPECT_EQ(c.duties[1].unreckoned.workdays, 4U);
  CalendarUpdate update;
  update.year = 2027;
  play.book.replace_year(update, local("2027-01-07 09:00"));
  EXPECT_EQ(play.steps(), (Play::Lines{"2027-01-07 09:00 w1 deadlines_set calendar_updated "
                                       "sign=2027-01-08 00:00 plan=2027-01-13 00:00 "
                                       "finish=2027-01-27 00:00"}));
}

TEST(Deadlines, APauseMovesThemByItsWorkingDays) {
  // Friday to Wednesday: three working days. Due on Tuesday the 10th -> Friday the 13th.
  EXPECT_EQ(local_line(*moved_by_pause(program(), local("03-11"), true, local("03-06 10:00"),
                                       local("03-11 10:00"))),
            "03-14 00:00");
  // Stopped on the last day, resumed on Sunday: until the end of Sunday.
  EXPECT_EQ(local_line(*moved_by_pause(program(), local("03-07"), true, local("03-06 10:00"),
                                       local("03-08 10:00"))),
            "03-09 00:00");
  EXPECT_EQ(local_line(*moved_by_pause(program(), local("03-07"), false, local("03-06 10:00"),
                                       local("03-06 12:00"))),
            "03-07 02:00");
}

// ---- the way of a case

TEST(Casebook, AYellowCaseGoesItsWay) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow)
      .tell("03-02 10:00", "notice_issued", {{"notice_id", "n"}, {"warning_id", "w1"}})
      .tell("03-02 11:00", "notice_delivered", {{"notice_id", "n"}})
      .tell("03-03 09:00", "notice_acknowledged", {{"notice_id", "n"}, {"by_role", "head"}})
      .tell("03-05 09:00", "notice_replied", {{"notice_id", "n"}})
      .tell("03-10 09:00", "rectification_submitted", {{"warning_id", "w1"}})
      .tell("03-11 09:00", "rectification_reviewed",
            {{"warning_id", "w1"}, {"result", "accepted"}, {"stage", "joint_review"}})
      .fall("03-12 09:00", "a", kGreen)
      .until("04-12 00:00");
  EXPECT_EQ(play.steps(),
            (Lines{
                "03-02 09:00 w1 opened candidate>issued green>yellow rule_rose sign=03-05 00:00 "
                "plan=03-10 00:00 finish=03-24 00:00",
                "03-02 10:00 w1 notice_issued",
                "03-02 11:00 w1 delivered issued>delivered",
                "03-03 09:00 w1 acknowledged delivered>acknowledged",
                "03-03 09:00 w1 duty_done sign due 03-05 00:00",
                "03-05 09:00 w1 replied acknowledged>rectifying",
                "03-05 09:00 w1 duty_done plan due 03-10 00:00",
                "03-10 09:00 w1 submitted rectifying>submitted",
                "03-10 09:00 w1 duty_done finish due 03-24 00:00",
                "03-11 09:00 w1 reviewed submitted>verifying",
                "03-12 09:00 w1 observation_started verifying>observing rule_eased due 04-11 09:00",
                "04-11 09:00 w1 cleared observing>cleared yellow>green observation_over",
            }));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u yellow warning w1", "04-11 09:00 u green"}));
  EXPECT_EQ(play.book.counted("u", local("01-01"), local("12-31")), 1U);
}

TEST(Casebook, ARejectedReviewGoesBackAndReopensTheDeadline) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow)
      .tell("03-03 09:00", "notice_acknowledged", {{"warning_id", "w1"}})
      .tell("03-03 09:00", "notice_replied", {{"warning_id", "w1"}})
      .tell("03-20 09:00", "rectification_submitted", {{"warning_id", "w1"}})
      .steps();
  play.tell("03-26 09:00", "rectification_reviewed",
            {{"warning_id", "w1"}, {"result", "rejected"}, {"decided_by", "panel"}});
  EXPECT_EQ(play.steps(), (Lines{"03-26 09:00 w1 reviewed submitted>rectifying",
                                 "03-26 09:00 w1 overdue deadline_passed finish due 03-24 00:00",
                                 "03-26 09:00 w1 chased ladder finish chase due 03-24 00:00",
                                 "03-26 09:00 w1 chased ladder finish leader due 03-24 00:00"}));
  EXPECT_EQ(play["w1"].state, CaseState::rectifying);
}

TEST(Casebook, RedWaitsForAPersonAndItsDeadlinesRunFromThen) {
  Play play(program());
  play.rise("03-02 09:00", "a", kRed).until("03-20");
  EXPECT_EQ(play.steps(), (Lines{"03-02 09:00 w1 opened candidate>pending_triage green>red "
                                 "rule_rose"}));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u red! warning w1"}));
  play.act("03-20 09:00", "w1", "confirm", {});
  EXPECT_EQ(play.steps(), (Lines{"03-20 09:00 w1 issued pending_triage>issued sign=03-24 00:00 "
                                 "plan=03-26 00:00 interview=03-28 00:00 finish=05-08 00:00"}));
  EXPECT_EQ(play.colours(), (Lines{"03-20 09:00 u red warning w1"}));
}

TEST(Casebook, ADismissedWarningLeavesTheCounts) {
  Play play(program());
  play.rise("03-02 09:00", "a", kRed)
      .act("03-02 10:00", "w1", "dismiss", {{"reason", ""}})
      .act("03-02 11:00", "w1", "dismiss")
      .act("03-02 12:00", "w1", "confirm");
  play.steps();
  EXPECT_EQ(play["w1"].state, CaseState::dismissed);
  EXPECT_EQ(play.book.counted("u", local("01-01"), local("12-31")), 0U);
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u red! warning w1", "03-02 11:00 u green"}));
}

TEST(Casebook, LateStepsWalkTheLadderAtTheirInstants) {
  Play play(program());
  play.rise("03-02 09:00", "c", kYellow).until("03-20");
  EXPECT_EQ(play.steps(),
            (Lines{"03-02 09:00 w1 opened candidate>issued green>yellow rule_rose sign=03-03 09:00",
                   "03-03 09:00 w1 overdue deadline_passed sign due 03-03 09:00",
                   "03-03 09:00 w1 chased ladder sign chase due 03-03 09:00",
                   "03-05 09:00 w1 chased ladder sign red due 03-03 09:00",
                   "03-05 09:00 w1 escalated yellow>red ladder sign red sign=03-06 09:00",
                   "03-06 09:00 w1 overdue deadline_passed sign due 03-06 09:00",
                   "03-06 09:00 w1 chased ladder sign chase due 03-06 09:00",
                   "03-08 09:00 w1 chased ladder sign red due 03-06 09:00"}));
  EXPECT_EQ(play.colours(),
            (Lines{"03-02 09:00 u yellow(orange) warning w1", "03-05 09:00 u red warning w1"}));
}

TEST(Casebook, DoneAtTheDeadlineIsInTimeAndSoIsWhatOnlyBecameKnownLater) {
  Play play(program());
  play.rise("03-02 09:00", "c", kYellow).steps();
  play.tell("03-03 09:00", "notice_acknowledged", {{"warning_id", "w1"}});
  EXPECT_EQ(play.steps(), (Lines{"03-03 09:00 w1 acknowledged issued>acknowledged",
                                 "03-03 09:00 w1 duty_done sign due 03-03 09:00"}));
  Play late(program());
  late.rise("03-02 09:00", "c", kYellow).until("03-04").steps();
  late.tell("03-04 09:00", "notice_acknowledged", {{"warning_id", "w1"}}, "03-02 20:00")
      .until("03-20");
  EXPECT_EQ(late.steps(), (Lines{"03-04 09:00 w1 acknowledged issued>acknowledged",
                                 "03-04 09:00 w1 duty_done sign due 03-03 09:00"}));
}

TEST(Casebook, TheStandardLadderOfTenWorkingDays) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow);
  play.tell("03-03 09:00", "notice_acknowledged", {{"warning_id", "w1"}})
      .tell("03-03 09:00", "notice_replied", {{"warning_id", "w1"}})
      .steps();
  play.until("04-12");
  EXPECT_EQ(play.steps(),
            (Lines{"03-24 00:00 w1 overdue deadline_passed finish due 03-24 00:00",
                   "03-24 00:00 w1 chased ladder finish chase due 03-24 00:00",
                   "03-25 00:00 w1 chased ladder finish leader due 03-24 00:00",
                   "03-27 00:00 w1 chased ladder finish parent due 03-24 00:00",
                   "03-31 00:00 w1 chased ladder finish discipline due 03-24 00:00",
                   "04-08 00:00 w1 chased ladder finish red due 03-24 00:00",
                   "04-08 00:00 w1 escalated rectifying>issued yellow>red ladder finish red "
                   "sign=04-10 00:00 plan=04-14 00:00 interview=04-16 00:00 finish=05-23 00:00",
                   "04-10 00:00 w1 overdue deadline_passed sign due 04-10 00:00",
                   "04-10 00:00 w1 chased ladder sign chase due 04-10 00:00",
                   "04-11 00:00 w1 chased ladder sign leader due 04-10 00:00"}));
}

// ---- the rule moves

TEST(Casebook, ARepeatIsAppendedAndAnEscalationKeepsTheId) {
  Play play(program());
  play.rise("03-02 09:00", "b", kYellow).rise("03-03 09:00", "b", kRed);
  play.fall("03-04 09:00", "b", kYellow).fall("03-05 09:00", "b", kGreen);
  play.rise("03-06 09:00", "b", kYellow);
  EXPECT_EQ(play.steps(), (Lines{"03-02 09:00 w1 opened candidate>issued green>yellow rule_rose",
                                 "03-03 09:00 w1 escalated yellow>red rule_rose",
                                 "03-04 09:00 w1 eased red>yellow rule_eased",
                                 "03-05 09:00 w1 cleared issued>cleared yellow>green rule_eased",
                                 "03-06 09:00 w5 opened candidate>issued green>yellow rule_rose"}));
  EXPECT_EQ(play.book.find("u", "w2"), play.book.find("u", "w1"));
  EXPECT_EQ(play.colours(),
            (Lines{"03-02 09:00 u yellow warning w1", "03-03 09:00 u red warning w1",
                   "03-04 09:00 u yellow warning w1", "03-05 09:00 u green",
                   "03-06 09:00 u yellow warning w5"}));
}

TEST(Casebook, FromRedToGreenItStepsThroughYellow) {
  Play play(program());
  play.rise("03-02 09:00", "b", kRed).fall("03-05 09:00", "b", kGreen);
  EXPECT_EQ(play.steps(), (Lines{"03-02 09:00 w1 opened candidate>issued green>red rule_rose",
                                 "03-05 09:00 w1 eased red>yellow rule_eased",
                                 "03-05 09:00 w1 cleared issued>cleared yellow>green rule_eased"}));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u red warning w1", "03-05 09:00 u green"}));
}

TEST(Casebook, ObservationOfRedIsYellowAndARelapseBringsRedBackAndDoublesIt) {
  Play play(program());
  play.rise("03-02 09:00", "a", kRed).act("03-02 10:00", "w1", "confirm");
  play.fall("03-03 09:00", "a", kGreen);
  play.steps();
  play.rise("03-20 09:00", "a", kYellow).fall("03-21 09:00", "a", kGreen).until("07-20");
  EXPECT_EQ(play.steps(),
            (Lines{"03-20 09:00 w1 relapsed observing>issued yellow>red rule_rose "
                   "sign=03-24 00:00 plan=03-26 00:00 interview=03-28 00:00 finish=05-08 00:00",
                   "03-21 09:00 w1 observation_started issued>observing red>yellow rule_eased due "
                   "07-19 09:00",
                   "07-19 09:00 w1 cleared observing>cleared yellow>green observation_over"}));
  EXPECT_EQ(play.colours(),
            (Lines{"03-02 09:00 u red! warning w1", "03-02 10:00 u red warning w1",
                   "03-03 09:00 u yellow warning w1", "03-20 09:00 u red warning w1",
                   "03-21 09:00 u yellow warning w1", "07-19 09:00 u green"}));
}

TEST(Casebook, ARedThatEasedThroughYellowIsObservedAsARed) {
  Play play(program());
  play.rise("03-02 09:00", "a", kRed).act("03-02 10:00", "w1", "confirm");
  play.fall("03-03 09:00", "a", kYellow).steps();
  play.fall("03-04 09:00", "a", kGreen);
  EXPECT_EQ(play.steps(), (Lines{"03-04 09:00 w1 observation_started issued>observing rule_eased "
                                 "due 05-03 09:00"}));
  Play wrong(program());
  wrong.rise("03-02 09:00", "a", kRed).act("03-02 10:00", "w1", "confirm");
  wrong.withdraw("03-03 09:00", "a", kYellow).fall("03-04 09:00", "a", kGreen);
  EXPECT_EQ(wrong.steps().back(),
            "03-04 09:00 w1 observation_started issued>observing rule_eased due 04-03 09:00");
}

TEST(Casebook, WithdrawnEvidenceRevokes) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).withdraw("03-05 09:00", "a", kGreen);
  play.rise("03-06 09:00", "b", kRed).withdraw("03-07 09:00", "b", kYellow);
  play.steps();
  EXPECT_EQ(play["w1"].state, CaseState::revoked);
  EXPECT_EQ(play["w3"].level, kYellow);
  EXPECT_EQ(play.book.counted("u", local("01-01"), local("12-31")), 1U);
}

TEST(Casebook, AcceptedWhileTheRuleStandsIsObservedUntilItFalls) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow);
  play.tell("03-03 09:00", "item_closed", {{"warning_id", "w1"}}).steps();
  play.until("05-01").fall("05-02 09:00", "a", kGreen);
  EXPECT_EQ(play.steps(),
            (Lines{"04-02 09:00 w1 observation_held rule_stands",
                   "05-02 09:00 w1 cleared observing>cleared yellow>green rule_eased"}));
}

TEST(Casebook, OpenItemsHoldTheObservation) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow)
      .tell("03-03 09:00", "item_registered", {{"item_id", "i"}, {"origin_event_id", "w1"}})
      .tell("03-03 10:00", "item_assigned", {{"item_id", "i"}, {"due_date", "2026-03-12"}})
      .fall("03-05 09:00", "a", kGreen)
      .until("04-10")
      .tell("04-11 09:00", "item_closed", {{"item_id", "i"}, {"closed_by", "desk"}});
  EXPECT_EQ(play.steps(),
            (Lines{
                "03-02 09:00 w1 opened candidate>issued green>yellow rule_rose sign=03-05 00:00 "
                "plan=03-10 00:00 finish=03-24 00:00",
                "03-03 09:00 w1 item_registered",
                "03-03 09:00 w1 duty_done plan due 03-10 00:00",
                "03-03 10:00 w1 item_assigned finish due 03-13 00:00",
                "03-05 00:00 w1 overdue deadline_passed sign due 03-05 00:00",
                "03-05 00:00 w1 chased ladder sign chase due 03-05 00:00",
                "03-05 09:00 w1 observation_started issued>observing rule_eased due 04-04 09:00",
                "04-04 09:00 w1 observation_held items_open",
                "04-11 09:00 w1 item_closed",
                "04-11 09:00 w1 cleared observing>cleared yellow>green observation_over",
            }));
}

TEST(Casebook, ALookBackMayFindARelapse) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).fall("03-03 09:00", "a", kGreen);
  play.steps();
  play.tell("03-10 09:00", "follow_up_check", {{"warning_id", "w1"}, {"result", "held"}})
      .tell("03-11 09:00", "follow_up_check", {{"warning_id", "w1"}, {"result", "relapsed"}});
  EXPECT_EQ(play.steps(), (Lines{"03-10 09:00 w1 checked",
                                 "03-11 09:00 w1 relapsed observing>issued sign=03-14 00:00 "
                                 "plan=03-19 00:00 finish=04-02 00:00"}));
}

// ---- people

TEST(Casebook, ASuspendedCaseKeepsItsColourAndItsClocksStop) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).steps();
  play.act("03-03 09:00", "w1", "suspend").act("03-12 09:00", "w1", "resume").until("03-15");
  EXPECT_EQ(play.steps(),
            (Lines{"03-03 09:00 w1 suspended issued>suspended due 04-16 00:00",
                   "03-12 09:00 w1 resumed suspended>issued sign=03-14 00:00 plan=03-19 00:00 "
                   "finish=04-02 00:00",
                   "03-14 00:00 w1 overdue deadline_passed sign due 03-14 00:00",
                   "03-14 00:00 w1 chased ladder sign chase due 03-14 00:00"}));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u yellow warning w1"}));
}

TEST(Casebook, ASuspensionEndsAfterThirtyWorkingDays) {
  Play play(program());
  play.rise("03-02 09:00", "b", kYellow).act("03-03 09:00", "w1", "suspend");
  play.fall("03-10 09:00", "b", kGreen).steps();
  play.until("04-20");
  EXPECT_EQ(play.steps(), (Lines{"04-16 00:00 w1 resumed suspended>issued suspension_limit",
                                 "04-16 00:00 w1 cleared issued>cleared yellow>green rule_eased"}));
}

TEST(Casebook, OneExtensionInTimeAndNoLongerThanTheDutySays) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow);
  const auto decide = [&play](const char* time, const char* due) {
    Fields fields = {{"warning_id", "w1"}, {"approved", true}, {"decided_by", "desk"}};
    if (*due != '\0') fields.emplace_back("new_due_date", std::string(due));
    play.steps();
    play.tell(time, "extension_decided", fields);
    return play.steps().back();
  };
  EXPECT_EQ(decide("03-04 09:00", "2026-04-09"), "03-04 09:00 w1 ignored extension_too_long");
  EXPECT_EQ(decide("03-04 10:00", "soon"), "03-04 10:00 w1 ignored bad_date");
  EXPECT_EQ(decide("03-04 11:00", ""), "03-04 11:00 w1 extended finish due 04-08 00:00");
  EXPECT_EQ(decide("03-04 12:00", ""), "03-04 12:00 w1 ignored extension_used");
  Play late(program());
  late.rise("03-02 09:00", "a", kYellow)
      .tell("03-03 09:00", "notice_acknowledged", {{"warning_id", "w1"}})
      .tell("03-03 09:00", "notice_replied", {{"warning_id", "w1"}})
      .tell("03-24 09:00", "extension_decided", {{"warning_id", "w1"}, {"approved", true}})
      .tell("03-24 10:00", "extension_requested", {{"warning_id", "w1"}}, "03-23 10:00")
      .tell("03-24 11:00", "extension_decided", {{"warning_id", "w1"}, {"approved", true}});
  const Lines steps = late.steps();
  ASSERT_EQ(steps.size(), 10U);
  EXPECT_EQ(steps[7], "03-24 09:00 w1 ignored extension_late");
  EXPECT_EQ(steps[9], "03-24 11:00 w1 extended finish due 04-08 00:00");
}

TEST(Casebook, ActionsThatDoNotFitAreWrittenDownAndChangeNothing) {
  struct Row {
    const char* action;
    Fields more;
    const char* refusal;
  };
  const Row kRows[] = {
      {"confirm", {{"reason", "r"}}, "wrong_state"},
      {"dismiss", {{"reason", "r"}}, "wrong_state"},
      {"resume", {{"reason", "r"}}, "wrong_state"},
      {"praise", {{"reason", "r"}}, "unknown_action"},
      {"revoke", {}, "no_reason"},
      {"downgrade", {{"reason", "r"}}, "at_the_end"},
      {"merge", {{"reason", "r"}, {"into", "w9"}}, "unknown_target"},
      {"merge", {{"reason", "r"}, {"into", "w1"}}, "unknown_target"},
      {"done", {{"duty", "dance"}}, "unknown_duty"},
  };
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).steps();
  const Case before = play["w1"];
  for (const Row& row : kRows) {
    play.act("03-02 10:00", "w1", row.action, row.more);
    EXPECT_EQ(play.steps(), (Lines{"03-02 10:00 w1 ignored " + std::string(row.refusal)}))
        << row.action;
  }
  play.act("03-02 10:00", "w7", "revoke");
  EXPECT_EQ(play.steps(), (Lines{"03-02 10:00 - ignored unknown_warning"}));
  play.tell("03-02 10:00", "warning_action",
            {{"warning_id", "w1"}, {"action", "revoke"}, {"reason", "r"}});
  EXPECT_EQ(play.steps(), (Lines{"03-02 10:00 w1 ignored no_actor"}));
  EXPECT_EQ(play["w1"].state, before.state);
  EXPECT_EQ(play["w1"].level, before.level);
  EXPECT_TRUE(play.colours().size() == 1);
}

TEST(Casebook, ARaisedCaseStaysUpUntilAPersonLowersItOrTheRuleIsGreen) {
  Play play(program());
  play.rise("03-02 09:00", "b", kYellow).act("03-02 10:00", "w1", "escalate");
  play.rise("03-03 09:00", "b", kRed).fall("03-04 09:00", "b", kYellow);
  EXPECT_EQ(play["w1"].level, kRed);
  play.act("03-05 09:00", "w1", "downgrade");
  EXPECT_EQ(play["w1"].level, kYellow);
  EXPECT_EQ(play.steps().back(), "03-05 09:00 w1 downgraded red>yellow");
  play.act("03-06 09:00", "w1", "clear");
  EXPECT_EQ(play["w1"].state, CaseState::cleared);
  play.act("03-07 09:00", "w1", "revoke");
  EXPECT_EQ(play.steps().back(), "03-07 09:00 w1 revoked cleared>revoked");
  EXPECT_EQ(play.book.counted("u", local("01-01"), local("12-31")), 0U);
}

TEST(Casebook, AMergedCaseLeavesItsItemsAndItsLevel) {
  Play play(program());
  play.rise("03-02 09:00", "a", kRed).act("03-02 10:00", "w1", "confirm");
  play.tell("03-02 11:00", "item_registered", {{"item_id", "i"}, {"warning_id", "w1"}});
  play.rise("03-03 09:00", "b", kYellow).steps();
  play.act("03-03 10:00", "w1", "merge", {{"reason", "same"}, {"into", "w2"}});
  EXPECT_EQ(play.steps(), (Lines{"03-03 10:00 w1 merged issued>merged red>green with w2",
                                 "03-03 10:00 w2 absorbed yellow>red with w1"}));
  play.tell("03-05 09:00", "item_closed", {{"item_id", "i"}});
  EXPECT_EQ(play.steps(), (Lines{"03-05 09:00 w2 item_closed",
                                 "03-05 09:00 w2 observation_held issued>observing red>yellow "
                                 "rule_stands"}));
}

TEST(Casebook, AnUpheldObjectionRevokes) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow)
      .tell("03-03 09:00", "objection_filed", {{"warning_id", "w1"}, {"reason", "not us"}})
      .tell("03-04 09:00", "objection_decided", {{"upheld", true}, {"decided_by", "panel"}})
      .tell("03-04 10:00", "objection_decided", {{"upheld", true}, {"decided_by", "panel"}});
  const Lines steps = play.steps();
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps[1], "03-03 09:00 w1 objected");
  EXPECT_EQ(steps[2], "03-04 09:00 w1 revoked issued>revoked yellow>green");
  EXPECT_EQ(steps[3], "03-04 10:00 - ignored unknown_warning");
}

TEST(Casebook, ACombinationsRedTakesTheOthersOverAndGivesThemBack) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).rise("03-02 10:00", "c", kYellow).steps();
  play.rise("03-02 11:00", "both", kRed).fall("03-09 11:00", "c", kGreen);
  play.fall("03-10 11:00", "both", kGreen).until("03-10 12:00");
  EXPECT_EQ(play.steps(),
            (Lines{"03-02 11:00 w3 opened candidate>issued green>red rule_rose",
                   "03-02 11:00 w1 superseded issued>superseded yellow>green combination with w3",
                   "03-02 11:00 w2 superseded issued>superseded yellow>green combination with w3",
                   "03-09 11:00 w2 cleared superseded>cleared rule_eased",
                   "03-10 11:00 w3 eased red>yellow rule_eased",
                   "03-10 11:00 w3 cleared issued>cleared yellow>green rule_eased",
                   "03-10 11:00 w1 restored superseded>issued green>yellow combination_over with "
                   "w3"}));
  EXPECT_EQ(play["w1"].duties.at(0).due, local("03-13"));
  EXPECT_EQ(play.colours(),
            (Lines{"03-02 09:00 u yellow warning w1", "03-02 10:00 u yellow(orange) warning w2",
                   "03-02 11:00 u red warning w3", "03-10 11:00 u yellow warning w1"}));
}

// ---- the unit

TEST(Colour, ItIsTheHighestOfCasesAndVeto) {
  Play play(program());
  play.rise("03-02 09:00", "total", kYellow).rise("03-02 10:00", "b", kYellow);
  play.tell("03-03 09:00", "veto_declared", {{"ground", "media"}, {"approved_by", "committee"}})
      .tell("03-04 09:00", "veto_lifted", {{"ground", "fire"}, {"approved_by", "committee"}})
      .tell("03-05 09:00", "veto_lifted", {{"ground", "media"}, {"approved_by", "committee"}});
  EXPECT_EQ(play.colours(),
            (Lines{"03-02 09:00 u yellow roll_up w1", "03-02 10:00 u yellow warning w1 w2",
                   "03-03 09:00 u red veto", "03-05 09:00 u yellow warning w1 w2"}));
  EXPECT_EQ(play.steps().at(3), "03-04 09:00 - ignored no_veto");
}

TEST(Colour, AnOverridePinsItUntilItEnds) {
  Play play(program());
  const Fields two = {{"approved_by", "a"}, {"approved_by", "b"}, {"reason", "r"}};
  const auto pin = [&](const char* time, const char* level, const char* until, Fields by) {
    by.emplace_back("level", std::string(level));
    if (*until != '\0') by.emplace_back("expires_at", std::string(until));
    play.steps();
    play.tell(time, "manual_override", by);
    return play.steps().back();
  };
  EXPECT_EQ(pin("03-02 09:00", "blue", "", two), "03-02 09:00 - ignored no_expiry");
  EXPECT_EQ(pin("03-02 09:00", "pink", "2026-03-10", two), "03-02 09:00 - ignored bad_level");
  EXPECT_EQ(pin("03-02 09:00", "red", "2026-04-02", two), "03-02 09:00 - ignored expiry_too_far");
  EXPECT_EQ(pin("03-02 09:00", "red", "2026-03-01", two), "03-02 09:00 - ignored expiry_past");
  EXPECT_EQ(pin("03-02 09:00", "red", "2026-03-10",
                {{"approved_by", "a"}, {"approved_by", "a"}, {"reason", "r"}}),
            "03-02 09:00 - ignored two_approvers");
  EXPECT_EQ(pin("03-02 09:00", "red", "2026-03-10", {{"approved_by", "a"}, {"approved_by", "b"}}),
            "03-02 09:00 - ignored no_reason");
  EXPECT_TRUE(play.colours().empty());
  EXPECT_EQ(pin("03-02 09:00", "blue", "2026-04-01", two),
            "03-02 09:00 - override_set due 04-02 00:00");
  play.rise("03-05 09:00", "b", kRed).until("04-03");
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u green(blue) override computed green",
                                   "03-05 09:00 u green(blue) override computed red w1",
                                   "04-02 00:00 u red warning w1"}));
  EXPECT_EQ(play.steps().back(), "04-02 00:00 - override_ended override_expired");
  EXPECT_EQ(play.book.colour("u").since, local("04-02"));
}

TEST(Colour, ASilentSourceMakesGreyAndHoldsWhatWouldFall) {
  Play play(program());
  const auto hear = [&play](const char* time) { play.book.heard("/hotline", "u", local(time)); };
  hear("03-02 09:00");
  play.rise("03-02 09:00", "b", kRed);
  hear("03-03 09:00");
  play.fall("03-06 09:00", "b", kYellow).fall("03-07 09:00", "b", kGreen);
  hear("03-09 09:00");
  play.until("03-10");
  EXPECT_EQ(play.steps(), (Lines{"03-02 09:00 w1 opened candidate>issued green>red rule_rose",
                                 "03-06 09:00 w1 ease_held data_missing",
                                 "03-09 09:00 w1 eased red>yellow rule_eased",
                                 "03-09 09:00 w1 cleared issued>cleared yellow>green rule_eased"}));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u red warning w1",
                                   "03-05 09:00 u red grey warning w1", "03-09 09:00 u green"}));
}

TEST(Colour, NothingIsClearedWhileItsDataAreMissing) {
  Play play(program());
  play.rise("03-02 09:00", "a", kYellow).fall("03-03 09:00", "a", kGreen);
  play.steps();
  play.book.grey("u", "a", std::nullopt, true, local("03-20"));
  play.until("05-01");
  EXPECT_EQ(play.steps(), (Lines{"04-02 09:00 w1 observation_held data_missing"}));
  play.book.grey("u", "a", std::nullopt, false, local("05-02"));
  EXPECT_EQ(play.steps(),
            (Lines{"05-02 00:00 w1 cleared observing>cleared yellow>green observation_over"}));
  EXPECT_EQ(play.colours(), (Lines{"03-02 09:00 u yellow warning w1",
                                   "03-20 00:00 u yellow grey warning w1", "05-02 00:00 u green"}));
}

TEST(Colour, ARuleThatCannotSayAnythingYetLeavesTheUnitUnmarked) {
  Play play(program());
  play.book.grey("u", "a", std::nullopt, true, local("03-02 09:00"));
  play.rise("03-03 09:00", "b", kYellow);
  EXPECT_EQ(play.colours(), (Lines{"03-03 09:00 u yellow warning w1"}));
}

TEST(Colour, AConnectorSaidToBeDownMakesGrey) {
  Play play(program());
  play.book.heard("/hotline", "u", local("03-02 09:00"));
  play.tell("03-03 09:00", "connector_status", {{"source", "/hotline"}, {"status", "down"}})
      .tell("03-04 08:00", "connector_status", {{"source", "/hotline"}, {"status", "ok"}});
  EXPECT_EQ(play.colours(), (Lines{"03-03 09:00 u green grey", "03-04 08:00 u green"}));
}

TEST(Colour, OnceAnInstant) {
  Play play(program());
  play.rise("03-02 09:00", "b", kYellow);
  play.act("03-02 09:00", "w1", "revoke");
  EXPECT_TRUE(play.colours().empty());
}

TEST(Casebook, ARecordWithoutAUnitIsNotLost) {
  Casebook book(program());
  LifeRecord record;
  record.type = "warning_action";
  record.id = "r";
  record.clock = record.time = local("03-02 09:00");
  book.record(record);
  const auto steps = book.take_steps();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].refusal, Refusal::no_unit);
}

TEST(Casebook, ACaseThatIsOverIsForgottenAfterTwoYears) {
  Play play(program());
  play.rise("2024-03-02 09:00", "b", kYellow).fall("2024-03-03 09:00", "b", kGreen);
  play.until("2026-03-04 08:00");
  EXPECT_NE(play.book.find("u", "w1"), nullptr);
  play.until("2026-03-04 09:00");
  EXPECT_EQ(play.book.find("u", "w1"), nullptr);
}

// ---- flapping

TEST(Flapping, TheShareWeighsNewChangesMoreAndQuietDaysPushThemOut) {
  const Flapping settings;  // 21 levels, 20 steps
  FlapHistory history;
  EXPECT_EQ(flap_share(settings, history, local("03-02")), Number(0));
  add_change(settings, local("03-02"), history);
  EXPECT_EQ(flap_share(settings, history, local("03-02")), Number::ratio(12, 200));  // 1.2 / 20
  EXPECT_EQ(flap_share(settings, history, local("03-21")), Number::ratio(8, 200));
  EXPECT_EQ(flap_share(settings, history, local("03-22")), Number(0));
  for (int i = 1; i < 25; ++i) {
    add_change(settings, local("03-02") + Duration{i}, history);
  }
  EXPECT_EQ(flap_share(settings, history, local("03-02 01:00")), Number(1));
  // Half the weight or more is out after 14 quiet days: 6 steps of 0.80 to 0.91 are 0.2553 x 20,
  // of which 5 are left on the 15th day.
  EXPECT_EQ(local_line(calm_at(settings, history, local("03-02 01:00"))), "03-17 00:00");
}

TEST(Flapping, ItIsAMarkBesideTheCase) {
  Play play(program());
  for (int i = 0; i < 6; ++i) {
    const std::string day = "03-0" + std::to_string(i + 1);
    play.rise(day + " 09:00", "b", kYellow).fall(day + " 15:00", "b", kGreen);
  }
  Lines marks;
  for (const std::string& step : play.steps()) {
    if (step.find("flapping") != std::string::npos) marks.push_back(step);
  }
  EXPECT_EQ(marks, (Lines{"03-05 09:00 w9 flapping_started levels_changed_often"}));
  EXPECT_TRUE(play.book.is_flapping("u", {"b", std::nullopt}));
  play.until("04-30");
  EXPECT_EQ(play.steps(), (Lines{"03-21 15:00 w11 flapping_stopped levels_calm"}));
  EXPECT_FALSE(play.book.is_flapping("u", {"b", std::nullopt}));
}

}  // namespace
}  // namespace lianqing
