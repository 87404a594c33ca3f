#include <gtest/gtest.h>

#include "engine/rationale.h"
#include "tests/support/packs.h"

namespace lianqing {
namespace {

std::vector<Outlook> last_outlook(const std::string& yaml, const std::vector<Event>& events) {
  const Ran ran = run(pack(yaml), events);
  EXPECT_EQ(ran.error, "");
  if (ran.warnings.empty()) {
    ADD_FAILURE() << "no warning";
    return {};
  }
  return ran.warnings.back().next;
}

const Outlook* find(const std::vector<Outlook>& list, Outlook::Kind kind) {
  for (const Outlook& one : list) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

TEST(Outlook, TellsWhenTheLevelFallsByItself) {
  const auto next = last_outlook(
      "measures: {n: {count: e, over: 30d}}\n"
      "rules: {r: {title: R, yellow: {enter: \"n >= 2\", exit: \"n <= 0\", hold: 10d}}}\n",
      {event("1", "u", "e", "2026-03-05T10:00:00Z"), event("2", "u", "e", "2026-03-07T10:00:00Z")});
  const Outlook* alone = find(next, Outlook::Kind::by_itself);
  ASSERT_NE(alone, nullptr);
  EXPECT_EQ(alone->to, Level::green);
  EXPECT_EQ(alone->at, at("2026-04-16T10:00:00Z"));
}

TEST(Outlook, WhatItSaysComesTrue) {
  const auto program = pack(
      "measures: {n: {count: e, over: month}}\n"
      "rules: {r: {title: R, yellow: {enter: \"n >= 1\", hold: 6h}}}\n");
  RunOptions options;
  options.replay.until = at("2026-05-01T00:00:00Z");
  const Ran ran = run(program, {event("1", "u", "e", "2026-03-05T10:00:00Z")}, options);
  ASSERT_EQ(ran.warnings.size(), 2U);
  const Outlook* alone = find(ran.warnings[0].next, Outlook::Kind::by_itself);
  ASSERT_NE(alone, nullptr);
  EXPECT_EQ(alone->at, ran.warnings[1].time);
  EXPECT_EQ(format_rfc3339(ran.warnings[1].time), "2026-03-31T22:00:00Z");
}

TEST(Outlook, TellsHowManyMoreRaiseIt) {
  const auto next = last_outlook(
      "measures: {n: {count: e, over: 30d}}\n"
      "rules: {r: {title: R, yellow: \"n >= 2\", red: \"n > 2\"}}\n",
      {event("1", "u", "e", "2026-03-05T10:00:00Z"), event("2", "u", "e", "2026-03-07T10:00:00Z")});
  const Outlook* more = find(next, Outlook::Kind::by_more);
  ASSERT_NE(more, nullptr);
  EXPECT_EQ(more->to, Level::red);
  EXPECT_EQ(more->measure, "n");
  EXPECT_EQ(more->need, Number(1));
  EXPECT_EQ(more->at, at("2026-04-04T10:00:00Z"));  // when the first event leaves
}

TEST(Outlook, MoreMustComeEarlyEnoughForTheFor) {
  const auto told = [](const std::string& confirm) {
    return last_outlook(
        "measures: {n: {count: e, over: 30d}}\n"
        "rules: {r: {title: R, yellow: \"n >= 1\", red: {enter: \"n >= 3\", for: " +
            confirm + "}}}\n",
        {event("1", "u", "e", "2026-03-05T10:00:00Z")});
  };
  const auto days = told("2d");
  ASSERT_NE(find(days, Outlook::Kind::by_more), nullptr);
  EXPECT_EQ(find(days, Outlook::Kind::by_more)->at, at("2026-04-02T10:00:00Z"));
  // A working day ends at 24:00: it is to begin on Thursday 2 April at the latest.
  const auto working = told("1 workday");
  ASSERT_NE(find(working, Outlook::Kind::by_more), nullptr);
  EXPECT_LE(find(working, Outlook::Kind::by_more)->at, at("2026-04-02T16:00:00Z"));
  EXPECT_GT(find(working, Outlook::Kind::by_more)->at, at("2026-04-01T16:00:00Z"));
  // The event leaves before 40 days are over.
  EXPECT_EQ(find(told("40d"), Outlook::Kind::by_more), nullptr);
}

TEST(Outlook, NamesOnlyConditionsThatAloneWouldDecide) {
  const std::string measures = "measures: {n: {count: e}, m: {count: f}}\n";
  const std::vector<Event> events = {event("1", "u", "e", "2026-03-05T10:00:00Z")};
  const auto both = last_outlook(
      measures + "rules: {r: {title: R, yellow: \"n >= 1\", red: \"n >= 2 and m >= 1\"}}\n",
      events);
  EXPECT_EQ(find(both, Outlook::Kind::by_more), nullptr);
  const auto either = last_outlook(
      measures + "rules: {r: {title: R, yellow: \"n >= 1\", red: \"n >= 4 or m >= 2\"}}\n", events);
  ASSERT_EQ(either.size(), 3U);
  EXPECT_EQ(either[0].need, Number(3));
  EXPECT_EQ(either[1].measure, "m");
  EXPECT_EQ(either[1].need, Number(2));
}

TEST(Outlook, NothingAddsToAnAge) {
  const auto next = last_outlook(
      "measures: {silent: {age: e}, n: {count: e}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\", red: \"silent >= 3\"}}\n",
      {event("1", "u", "e", "2026-03-05T10:00:00Z")});
  EXPECT_EQ(find(next, Outlook::Kind::by_more), nullptr);
  const Outlook* alone = find(next, Outlook::Kind::by_itself);
  ASSERT_NE(alone, nullptr);
  EXPECT_EQ(alone->to, Level::red);
  EXPECT_EQ(alone->at, at("2026-03-08T10:00:00Z"));
}

TEST(Outlook, SaysThatNothingChangesByItself) {
  const auto next = last_outlook(
      "measures: {n: {count: e}}\n"
      "rules: {r: {title: R, yellow: \"n >= 1\"}}\n",
      {event("1", "u", "e", "2026-03-05T10:00:00Z")});
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next[0].kind, Outlook::Kind::steady);
}

TEST(Outlook, SeesDeadlinesPass) {
  const auto next = last_outlook(
      "items: {task: {key: id, open: o, close: c, due: due}}\n"
      "measures: {soon: {due_within: task, in: 2d}, late: {overdue: task}}\n"
      "rules: {r: {title: R, yellow: \"soon >= 1\", red: \"late >= 1\"}}\n",
      {event("1", "u", "o", "2026-03-05T10:00:00Z", {{"id", "t"}, {"due", "2026-03-06"}})});
  const Outlook* alone = find(next, Outlook::Kind::by_itself);
  ASSERT_NE(alone, nullptr);
  EXPECT_EQ(alone->to, Level::red);
  EXPECT_EQ(alone->at, at("2026-03-06T16:00:00Z"));
}

// Warnings that nothing new follows, against what follows them. `rule`: the levels of one.
void expect_it_comes_true(const std::string& measures, const std::string& rule) {
  SCOPED_TRACE(rule);
  const auto program = pack(measures + "rules: {r: {title: R, " + rule + "}}\n");
  std::vector<Event> events;
  Instant t = at("2026-03-02T08:00:00Z");
  std::uint32_t dice = 12345;
  const auto below = [&dice](std::uint32_t n) {
    dice = dice * 1664525 + 1013904223;
    return (dice >> 16) % n;
  };
  RunOptions options;
  options.replay.until = at("2027-03-02T08:00:00Z");
  int seen = 0;
  for (int n = 0; n < 80; ++n) {
    if (below(4) != 0) t += std::chrono::hours(below(60));
    const Number amount = Number::ratio(static_cast<int>(below(80)) - 20, 4);
    events.push_back(event(std::to_string(n), "u", below(3) == 0 ? "f" : "e", t, {{"x", amount}}));
    for (const bool whole : {false, true}) {
      options.replay.whole = whole;
      options.replay.mode = whole ? ClockMode::as_occurred : ClockMode::as_recorded;
      const Ran ran = run(program, events, options);
      ASSERT_EQ(ran.error, "");
      for (std::size_t i = 0; i < ran.warnings.size(); ++i) {
        if (ran.warnings[i].time < t) continue;
        const Outlook* alone = find(ran.warnings[i].next, Outlook::Kind::by_itself);
        ASSERT_EQ(alone != nullptr, i + 1 < ran.warnings.size()) << ran.full()[i];
        if (alone == nullptr) continue;
        ASSERT_EQ(alone->at, ran.warnings[i + 1].time) << ran.full()[i];
        ASSERT_EQ(alone->to, ran.warnings[i + 1].to) << ran.full()[i];
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 1);
}

TEST(Outlook, OfLimitsOnCountsAndSumsComesTrue) {
  const std::string measures =
      "measures:\n"
      "  n: {count: e, over: 7d}\n"
      "  before: {count: e, over: 7d, offset: 7d}\n"
      "  all: {count: [e, f]}\n"
      "  sum: {sum: x, of: [e, f], over: 5d}\n";
  for (const char* rule : {
           "yellow: \"n >= 3\", red: \"n >= 5\"",
           "yellow: {enter: \"n >= 3\", exit: \"n <= 1\", hold: 3d}, red: {enter: \"n > 4\", for: "
           "1d}",
           "yellow: {enter: \"n >= 2\", hold: 1d}, red: {enter: \"n >= 4\", step_down: true}",
           "yellow: \"sum >= 7.25\", red: \"sum > 20\"",
           "yellow: \"sum <= -1.5\"",
           "yellow: {enter: \"sum != 4\", exit: \"n == 0\"}",
           "yellow: \"before >= 2\", red: {enter: \"n < 1\", for: 36h}",
           "needs: \"before >= 1\", yellow: {enter: \"n >= 1\", for: 2d}",
           "yellow: {enter: \"n >= 2\", hold: 2 workdays}, red: \"all >= 30\"",
           "to: 2026-03-20, yellow: \"n >= 1\"",
       }) {
    expect_it_comes_true(measures, rule);
  }
}

// A rule that looks at windows of other kinds is moved forward as a whole.
TEST(Outlook, OfOtherMeasuresComesTrue) {
  const std::string measures =
      "measures:\n"
      "  n: {count: e, over: week}\n"
      "  most: {max: x, of: e, over: 5d, empty: 0}\n"
      "  run: {streak: \"x > 2\", of: e, over: 7d}\n";
  for (const char* rule : {"yellow: \"n >= 2\", red: {enter: \"n >= 4\", hold: 1d}",
                           "yellow: \"most >= 6\", red: \"most >= 12.5\"",
                           "yellow: {enter: \"run >= 1\", hold: 6h}"}) {
    expect_it_comes_true(measures, rule);
  }
}

}  // namespace
}  // namespace lianqing
