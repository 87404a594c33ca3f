#include "engine/admit.h"

#include <gtest/gtest.h>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

std::shared_ptr<const Program> simple() {
  return pack(
      "events:\n"
      "  e:\n"
      "    fields:\n"
      "      severity: {type: int, required: true, min: 1, max: 5}\n"
      "      kind: {type: code, codes: [a, b]}\n"
      "      due: {type: date}\n"
      "      share: {type: decimal}\n"
      "      text: {type: string}\n"
      "      yes: {type: bool}\n"
      "      tags: {type: list}\n"
      "measures: {n: {count: e}, loose: {count: f, where: \"x == 1\"}}\n"
      "rules: {r: {title: R, yellow: \"n >= 100 or loose >= 100\"}}\n");
}

// Every record read is admitted, a repetition, or in quarantine with a reason.
void expect_reconciled(const Ran& ran) {
  EXPECT_EQ(ran.counts.read, ran.counts.admitted + ran.counts.duplicate + ran.counts.quarantined);
  EXPECT_EQ(ran.counts.quarantined, ran.rejections.size());
}

TEST(Admission, TheSameAgainIsADuplicateAndOtherContentAConflict) {
  const Ran ran = run(simple(), {event("1", "u", "f", "2026-03-05T10:00:00Z", {{"x", 1}}),
                                 event("1", "u", "f", "2026-03-05T10:00:00Z", {{"x", 1}}),
                                 event("1", "u", "f", "2026-03-05T10:00:00Z", {{"x", 2}}),
                                 event("1", "v", "f", "2026-03-05T10:00:00Z", {{"x", 1}})});
  EXPECT_EQ(ran.counts.admitted, 1U);
  EXPECT_EQ(ran.counts.duplicate, 1U);
  ASSERT_EQ(ran.rejections.size(), 2U);
  EXPECT_EQ(ran.rejections[0].code, "conflict");
  EXPECT_EQ(ran.rejections[0].raw, "1");
  expect_reconciled(ran);
}

TEST(Admission, AnOldRepetitionIsADuplicateAndNotOutOfOrder) {
  const Event first = event("1", "u", "f", "2026-03-05T10:00:00Z");
  const Ran ran = run(simple(), {first, event("2", "u", "f", "2026-03-06T10:00:00Z"), first});
  EXPECT_EQ(ran.error, "");
  EXPECT_EQ(ran.counts.duplicate, 1U);
  expect_reconciled(ran);
}

TEST(Admission, ARecordBeforeTheClockIsRefusedUnlessItsRecordingIsKnown) {
  const Event first = event("1", "u", "f", "2026-03-05T10:00:00Z");
  const Ran refused = run(simple(), {first, event("old", "u", "f", "2026-03-04T10:00:00Z")});
  EXPECT_NE(refused.error.find("'old'"), std::string::npos);
  EXPECT_NE(refused.error.find("--sort"), std::string::npos);
  const Ran taken = run(
      simple(), {first, event("2", "u", "f", "2026-03-04T10:00:00Z", {}, "2026-03-04T11:00:00Z")});
  EXPECT_EQ(taken.error, "");
  EXPECT_EQ(taken.counts.admitted, 2U);
}

TEST(Admission, AsOccurredTakesAnyOrder) {
  RunOptions options;
  options.replay.mode = ClockMode::as_occurred;
  const Ran ran = run(
      simple(),
      {event("1", "u", "f", "2026-03-05T10:00:00Z"), event("2", "u", "f", "2026-03-04T10:00:00Z")},
      options);
  EXPECT_EQ(ran.error, "");
  EXPECT_EQ(ran.counts.admitted, 2U);
}

TEST(Admission, TimesTooFarAheadOfTheirRecordingAreQuarantined) {
  const Ran ran =
      run(simple(), {event("1", "u", "f", "2026-03-06T10:00:00Z", {}, "2026-03-05T10:00:00Z"),
                     event("2", "u", "f", "2026-03-06T10:00:01Z", {}, "2026-03-05T10:00:00Z")});
  EXPECT_EQ(ran.counts.admitted, 1U);
  ASSERT_EQ(ran.rejections.size(), 1U);
  EXPECT_EQ(ran.rejections[0].code, "future");
  expect_reconciled(ran);
}

TEST(Admission, HowFarAheadATimeLiesIsSeenFromTheClock) {
  for (const ClockMode mode : {ClockMode::as_recorded, ClockMode::as_occurred}) {
    RunOptions options;
    options.replay.mode = mode;
    const Ran ran = run(simple(),
                        {event("1", "u", "f", "2026-03-10T10:00:00Z"),
                         // A quarantined record moves no clock.
                         event("2", "u", "f", "2026-06-01T00:00:00Z", {}, "2026-05-01T00:00:00Z"),
                         // Recorded long before the clock: late by now, and not ahead of it.
                         event("3", "u", "f", "2026-03-09T10:00:00Z", {}, "2026-03-05T10:00:00Z"),
                         event("4", "u", "f", "2026-03-11T10:00:00Z", {}, "2026-03-05T10:00:00Z"),
                         event("5", "u", "f", "2026-03-11T10:00:01Z", {}, "2026-03-05T10:00:00Z")},
                        options);
    EXPECT_EQ(ran.error, "");
    EXPECT_EQ(ran.counts.admitted, 3U);
    ASSERT_EQ(ran.rejections.size(), 2U);
    EXPECT_EQ(ran.rejections[0].raw, "2");
    EXPECT_EQ(ran.rejections[1].raw, "5");
    expect_reconciled(ran);
  }
}

TEST(Admission, AnEventOfNoUnitIsQuarantined) {
  const Ran ran = run(simple(), {event("1", "", "f", "2026-03-05T10:00:00Z")});
  ASSERT_EQ(ran.rejections.size(), 1U);
  EXPECT_EQ(ran.rejections[0].code, "unit");
  expect_reconciled(ran);
}

TEST(Admission, DeclaredFieldsAreChecked) {
  const std::vector<Data> good = {
      {{"severity", 1}},
      {{"severity", 5}, {"kind", "b"}, {"due", "2026-03-05"}, {"undeclared", "x"}},
      {{"severity", 2}, {"kind", Value{}}, {"share", Number::ratio(1, 4)}, {"yes", false}},
      {{"severity", 2}, {"tags", std::vector<Value>{1, "x"}}, {"text", ""}},
  };
  const std::vector<Data> bad = {
      {},                                        // required
      {{"severity", Value{}}},                   // null is missing
      {{"severity", "2"}},                       // no number
      {{"severity", Number::ratio(5, 2)}},       // no integer
      {{"severity", 0}},                         // below min
      {{"severity", 6}},                         // above max
      {{"severity", 2}, {"kind", "c"}},          // no code of the list
      {{"severity", 2}, {"due", "2026-02-30"}},  // no such day
      {{"severity", 2}, {"share", true}},
      {{"severity", 2}, {"text", 3}},
      {{"severity", 2}, {"yes", "true"}},
      {{"severity", 2}, {"tags", "x"}},
  };
  std::vector<Event> events;
  for (const auto* list : {&good, &bad}) {
    for (const Data& data : *list) {
      events.push_back(
          event(std::to_string(events.size()), "u", "e", "2026-03-05T10:00:00Z", data));
    }
  }
  const Ran ran = run(simple(), events);
  EXPECT_EQ(ran.counts.admitted, good.size());
  ASSERT_EQ(ran.rejections.size(), bad.size());
  for (const Rejection& rejection : ran.rejections) EXPECT_EQ(rejection.code, "field");
  EXPECT_NE(ran.rejections[4].detail.find("at least 1"), std::string::npos);
  expect_reconciled(ran);
}

TEST(Admission, UndeclaredTypesAreAdmittedAndCounted) {
  const Ran ran = run(simple(), {event("1", "u", "f", "2026-03-05T10:00:00Z"),
                                 event("2", "u", "never heard of", "2026-03-05T10:00:00Z"),
                                 event("3", "u", "e", "2026-03-05T10:00:00Z", {{"severity", 1}})});
  EXPECT_EQ(ran.counts.admitted, 3U);
  EXPECT_EQ(ran.counts.undeclared, 2U);
}

TEST(Admission, ARejectedRecordMayComeAgainMended) {
  const Ran ran = run(simple(), {event("1", "u", "e", "2026-03-05T10:00:00Z", {{"severity", 9}}),
                                 event("1", "u", "e", "2026-03-05T10:00:00Z", {{"severity", 5}})});
  EXPECT_EQ(ran.counts.admitted, 1U);
  EXPECT_EQ(ran.counts.quarantined, 1U);
  expect_reconciled(ran);
}

}  // namespace
}  // namespace lianqing
