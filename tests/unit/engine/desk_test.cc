#include "engine/casebook/desk.h"

#include <gtest/gtest.h>

#include "tests/support/case_play.h"
#include "tests/support/packs.h"

namespace lianqing {
namespace {

using Lines = std::vector<std::string>;

const Program& program() {
  static const Program kProgram = stage();
  return kProgram;
}

void admit(Desk& desk, const Event& event) {
  LogEntry entry;
  entry.time = entry.clock = event.time;
  desk.admitted(event, entry, event.unit);
}

Leaving rise_of_b(std::string_view time) {
  Leaving out;
  out.id = "w1";
  out.unit = "u";
  out.rule = "b";
  out.from = Level::green;
  out.to = Level::yellow;
  out.time = local(time);
  return out;
}

Lines steps(Desk& desk) {
  Lines out;
  for (const CaseStep& step : desk.casebook().take_steps()) out.push_back(line(step));
  return out;
}

TEST(Desk, ListsGiveAnEntryPerElement) {
  Desk desk(program());
  admit(desk, event("r", "u", "manual_override", local("03-02 09:00"),
                    {{"level", "red"},
                     {"reason", "r"},
                     {"approved_by", std::vector<Value>{"a", "b"}},
                     {"expires_at", "2026-03-04"}}));
  desk.book(local("03-02 10:00"), true);
  EXPECT_EQ(steps(desk), (Lines{"03-02 09:00 - override_set due 03-05 00:00"}));
  EXPECT_EQ(desk.casebook().colour("u").shown, Level::red);
}

TEST(Desk, RecordsOfAnInstantComeBeforeItsTransitions) {
  Desk desk(program());
  desk.left(rise_of_b("03-02 09:00"));
  admit(desk, event("r", "u", "warning_action", local("03-02 09:00"),
                    {{"warning_id", "w1"}, {"action", "revoke"}}));
  desk.book(local("03-02 09:00"), false);
  EXPECT_EQ(steps(desk), Lines{});  // the instant itself is not complete
  desk.book(local("03-02 09:00"), true);
  EXPECT_EQ(steps(desk), (Lines{"03-02 09:00 - ignored unknown_warning",
                                "03-02 09:00 w1 opened candidate>issued green>yellow rule_rose"}));
}

TEST(Desk, AWatchedSourceThatFallsSilentMakesGreyAndAnotherDoesNot) {
  Desk desk(program());
  Event heard = event("e1", "u", "complaint_received", local("03-02 09:00"));
  heard.source = "/hotline";
  admit(desk, heard);
  admit(desk, event("e2", "v", "complaint_received", local("03-02 09:00")));
  desk.book(local("03-10 09:00"), true);
  Lines colours;
  for (const ColourChange& change : desk.casebook().take_colours()) colours.push_back(line(change));
  EXPECT_EQ(colours, (Lines{"03-04 09:00 u green grey"}));
}

TEST(Desk, TheCalendarOfAYearSetsTheDeadlinesThatWaitedForIt) {
  Desk desk(program());
  Leaving late = rise_of_b("12-30 09:00");
  late.rule = "a";
  desk.left(late);
  desk.book(local("2027-01-04 09:00"), true);
  EXPECT_EQ(steps(desk), (Lines{"12-30 09:00 w1 opened candidate>issued green>yellow rule_rose "
                                "sign=?2027 plan=?2027 finish=?2027"}));
  EXPECT_EQ(desk.casebook().missing_years(), (std::map<int, std::uint64_t>{{2027, 3}}));
  admit(desk, event("c", "", "calendar_updated", local("2027-01-04 10:00"),
                    {{"year", 2027},
                     {"off", std::vector<Value>{"2027-01-01"}},
                     {"work", std::vector<Value>{}}}));
  desk.book(local("2027-01-05"), true);
  EXPECT_EQ(steps(desk),
            (Lines{"2027-01-04 10:00 w1 deadlines_set calendar_updated sign=2027-01-05 00:00 "
                   "plan=2027-01-08 00:00 finish=2027-01-22 00:00",
                   "2027-01-05 00:00 w1 overdue deadline_passed sign due 2027-01-05 00:00",
                   "2027-01-05 00:00 w1 chased ladder sign chase due 2027-01-05 00:00"}));
  EXPECT_TRUE(desk.casebook().missing_years().empty());
}

// What the desk does with a case of rule `a` opened on 03-02, if the week after it is declared off
// at `told`.
Lines with_a_week_off(std::string_view told) {
  Desk desk(program());
  Leaving rise = rise_of_b("03-02 09:00");
  rise.rule = "a";
  desk.left(rise);
  if (!told.empty()) {
    admit(desk, event("y", "", "calendar_updated", local(told),
                      {{"year", 2026},
                       {"off", std::vector<Value>{"2026-03-03", "2026-03-04", "2026-03-05",
                                                  "2026-03-06"}}}));
  }
  desk.book(local("03-20 09:00"), true);
  return steps(desk);
}

TEST(Desk, AnUpdatedCalendarCountsForWhatIsSetAfterIt) {
  const Lines without = with_a_week_off("");
  ASSERT_GT(without.size(), 2U);
  EXPECT_EQ(with_a_week_off("03-20 08:00"), without);
  EXPECT_NE(with_a_week_off("03-02 08:00"), without);
}

TEST(Desk, AYearThatAnUpdatedCalendarBringsIsThere) {
  Desk desk(program());
  Leaving late = rise_of_b("12-30 09:00");
  late.rule = "a";
  desk.left(late);
  admit(desk, event("y", "", "calendar_updated", local("12-29 09:00"),
                    {{"year", 2027}, {"off", "2027-01-01"}}));
  desk.book(local("12-31"), true);
  EXPECT_TRUE(desk.casebook().missing_years().empty());
}

TEST(Desk, ItsBytesHoldWhatLiesAhead) {
  const auto play = [](bool stops) {
    auto desk = std::make_unique<Desk>(program());
    desk->left(rise_of_b("03-02 09:00"));
    Event ahead = event("r", "u", "manual_override", local("03-02 12:00"),
                        {{"level", "red"},
                         {"reason", "r"},
                         {"approved_by", std::vector<Value>{"a", "b"}},
                         {"factor", Number::ratio(1, 2)},
                         {"certain", true},
                         {"nothing", Value{}},
                         {"expires_at", "2026-03-04"}});
    LogEntry entry;
    entry.clock = local("03-02 10:00");
    entry.time = ahead.time;
    desk->admitted(ahead, entry, "u");
    desk->book(local("03-02 10:00"), true);
    Lines out = steps(*desk);
    if (stops) {
      const std::string bytes = desk->encode_head();
      const std::vector<UnitBytes> units = desk->casebook().encode_units();
      auto again = Desk::decode(bytes, units, program());
      EXPECT_TRUE(again);
      EXPECT_EQ(again->encode_head(), bytes);
      EXPECT_EQ(again->casebook().encode_units(), units);
      for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(Desk::decode(bytes.substr(0, size), units, program())) << size;
      }
      desk = std::make_unique<Desk>(*std::move(again));
    }
    desk->book(local("03-03"), true);
    for (const std::string& line : steps(*desk)) out.push_back(line);
    EXPECT_EQ(desk->casebook().colour("u").shown, Level::red);
    return out;
  };
  EXPECT_EQ(play(true), play(false));
}

}  // namespace
}  // namespace lianqing
