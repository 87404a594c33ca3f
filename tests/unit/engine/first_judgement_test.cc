// When a unit is judged for the first time, and what its transitions are told to be caused by.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

using Lines = std::vector<std::string>;

// Yellow while nothing was sent; keyed: yellow from the first event of its kind on; many: red with
// the first retraction.
std::shared_ptr<const Program> rules() {
  static const auto program = pack(
      "measures:\n"
      "  n: {count: complaint}\n"
      "  k: {count: complaint, per: kind}\n"
      "  taken_back: {count: event_retracted}\n"
      "rules:\n"
      "  calm: {title: Calm, yellow: \"n < 1\"}\n"
      "  kind: {title: Kind, yellow: \"k >= 1\"}\n"
      "  back: {title: Back, red: \"taken_back >= 1\"}\n");
  return program;
}

Event complaint(std::string_view id, std::string_view time) {
  return event(id, "u", "complaint", time, {{"kind", "a"}});
}
Event retraction(std::string_view of, std::string_view time) {
  return event("r" + std::string(of), "u", "event_retracted", time,
               {{"target_event_id", std::string(of)}});
}
Event change(std::string_view time, std::string_view what, const char* effective) {
  return event("g" + std::string(time), "u", "unit_changed", time,
               {{"change", std::string(what)}, {"effective", effective}});
}

Lines of(const Ran& ran, std::string_view rule) {
  Lines out;
  for (const std::string& line : ran.lines()) {
    if (line.find(rule) != std::string::npos) out.push_back(line);
  }
  return out;
}

TEST(FirstJudgement, OfARegisteredUnitIsAnActivationWhateverTouchesIt) {
  RunOptions registered;
  registered.units = {{"u", {}}};
  const Ran ran = run(
      rules(),
      {change("2026-03-02T01:00:00Z", "update", "2026-03-01"),
       event("v", "u", "visit", "2026-03-02T01:00:00Z"), complaint("c", "2026-03-02T02:00:00Z")},
      registered);
  EXPECT_EQ(of(ran, " calm"), (Lines{"2026-03-02T01:00:00Z u calm green>yellow activation",
                                     "2026-03-02T02:00:00Z u calm yellow>green event"}));
}

TEST(FirstJudgement, OfAKeyIsCausedByWhatBringsIt) {
  RunOptions registered;
  registered.units = {{"u", {}}};
  const Ran ran = run(rules(), {complaint("c", "2026-03-02T01:00:00Z")}, registered);
  EXPECT_EQ(of(ran, " kind"), (Lines{"2026-03-02T01:00:00Z u kind[a] green>yellow event"}));
}

TEST(FirstJudgement, OfAUnitRegisteredByARecordComesOnTheDayItIsInForce) {
  RunOptions options;
  options.replay.until = at("2026-03-30T00:00:00Z");
  const Ran ran = run(rules(), {change("2026-03-02T01:00:00Z", "create", "2026-03-10")}, options);
  EXPECT_EQ(ran.lines(), (Lines{"2026-03-09T16:00:00Z u calm green>yellow activation"}));
}

TEST(FirstJudgement, OfAnUnregisteredUnitWaitsForAnEventOfItsOwn) {
  const Event back = retraction("never", "2026-03-02T01:00:00Z");
  EXPECT_EQ(run(rules(), {back}).lines(), Lines{});
  const Ran ran = run(rules(), {back, complaint("c", "2026-03-04T01:00:00Z")});
  EXPECT_EQ(ran.lines(), (Lines{"2026-03-04T01:00:00Z u back green>red event",
                                "2026-03-04T01:00:00Z u kind[a] green>yellow event"}));
}

TEST(FirstJudgement, WhatIsTakenBackLeavesNothingWhicheverComesFirst) {
  RunOptions registered;
  registered.units = {{"u", {}}};
  std::vector<Event> log = {complaint("c", "2026-03-02T01:00:00Z"),
                            retraction("c", "2026-03-02T01:00:00Z")};
  for (auto& options : {RunOptions{}, registered}) {
    const Lines first = run(rules(), log, options).lines();
    std::reverse(log.begin(), log.end());
    EXPECT_EQ(run(rules(), log, options).lines(), first);
    EXPECT_EQ(first.size(), options.units.size());  // registered: calm, and no more
  }
}

TEST(FirstJudgement, OfAKeyThatAnAbsenceBringsComesWhenNothingHasFollowed) {
  RunOptions options;
  options.replay.until = at("2026-03-30T00:00:00Z");
  const auto program = pack(
      "measures: {silent: {sequence: [complaint], without: visit, within: 6h, over: 7d, offset: "
      "2d, per: kind}}\n"
      "rules: {alone: {title: Alone, yellow: \"silent < 1\"}}\n");
  EXPECT_EQ(run(program, {complaint("c", "2026-03-02T01:00:00Z")}, options).lines(),
            (Lines{"2026-03-02T07:00:00Z u alone[a] green>yellow timer",
                   "2026-03-04T07:00:00Z u alone[a] yellow>green timer",
                   "2026-03-11T07:00:00Z u alone[a] green>yellow timer"}));
}

}  // namespace
}  // namespace lianqing
