// The laws of corrections and decisions: what is taken back leaves no trace, what is corrected
// counts as if it had been right from the start, and the order of arrival makes no difference.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "engine/replay.h"
#include "tests/support/packs.h"
#include "tests/support/random.h"

namespace lianqing {
namespace {

std::shared_ptr<const Program> mixed() {
  static const auto program = pack(
      "items:\n"
      "  task: {key: id, open: opened, close: closed, due: due}\n"
      "measures:\n"
      "  n: {count: complaint, over: 10d}\n"
      "  all: {count: \"*\"}\n"
      "  total: {sum: severity, of: complaint, over: 30d}\n"
      "  mean: {avg: severity, of: complaint}\n"
      "  middle: {median: severity, of: complaint, over: month}\n"
      "  worst: {max: severity, of: complaint, where: \"kind != 'a'\"}\n"
      "  spread: {stddev: severity, of: complaint}\n"
      "  kinds: {distinct: kind, of: complaint}\n"
      "  same: {count: complaint, per: kind}\n"
      "  upheld: {count: complaint, where: \"verdict == 'substantiated'\"}\n"
      "  run: {streak: \"severity >= 3\", of: complaint}\n"
      "  open_now: {open: task}\n"
      "  late: {overdue: task, by: 1d}\n"
      "rules:\n"
      "  count: {title: Count, yellow: {enter: \"n >= 3\", hold: 1d}, red: \"n >= 6\"}\n"
      "  sums: {title: Sums, yellow: \"total >= 9 or mean > 3\", red: \"middle > 3 and spread > "
      "1\"}\n"
      "  kind: {title: Kind, yellow: \"same >= 2\", red: \"same >= 4\"}\n"
      "  rest: {title: Rest, yellow: \"worst >= 4 or upheld >= 2\", red: \"run >= 3 and kinds >= "
      "2\"}\n"
      "  task: {title: Task, yellow: \"open_now >= 2\", red: \"late >= 1\"}\n"
      "  few: {title: Few, yellow: {enter: \"all < 3\", for: 2d}}\n");
  return program;
}

constexpr Duration kHour{3'600'000'000};

// An event before it is made, so that it can be made again with other data.
struct Draft {
  std::string id, unit, type;
  Instant time;
  std::map<std::string, Value> data;

  Event made(Instant recorded) const {
    return event(id, unit, type, time, Data(data.begin(), data.end()), recorded);
  }
};

std::vector<Draft> drafts(Random& random, int size, int units) {
  std::vector<Draft> out;
  Instant clock = at("2026-03-01T00:00:00Z");
  for (int i = 0; i < size; ++i) {
    clock += kHour * (1 + random.below(9));
    Draft one{"e" + std::to_string(i),
              "u" + std::to_string(random.below(units)),
              random.choice({"complaint", "complaint", "opened", "closed", "other"}),
              clock,
              {}};
    if (one.type == "complaint") {
      one.data["kind"] = random.choice({"a", "b"});
      one.data["severity"] = static_cast<int>(1 + random.below(5));
    } else {
      one.data["id"] = random.choice({"t1", "t2"});
      one.data["due"] =
          format_date(std::chrono::floor<std::chrono::days>(clock + days(random.below(6))));
    }
    out.push_back(std::move(one));
  }
  return out;
}

// unit/rule/key -> the values that the rule reads.
std::map<std::string, std::string> readings(Machine& machine) {
  std::map<std::string, std::string> out;
  for (const std::string& name : machine.replay().unit_names()) {
    const UnitState& unit = **machine.replay().unit(name);
    for (const Instance& instance : unit.instances) {
      const Warning told = machine.replay().fold().explain(unit, instance, 0);
      std::string text;
      for (const NamedFact& fact : told.values) {
        text += fact.name + '=';
        if (const auto* n = std::get_if<Number>(&fact.value)) text += n->to_string();
        text += ' ';
      }
      if (text == "same=0 ") continue;  // of a key that has nothing left
      out[name + '/' + told.rule + '/' + told.key.value_or("")] = text;
    }
  }
  return out;
}

RunOptions until_june() {
  RunOptions out;
  out.replay.until = at("2026-06-01T00:00:00Z");
  return out;
}

TEST(DecisionProperty, WhatIsAllTakenBackWasNeverThere) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto log = drafts(random, 12, 2);
    std::vector<Event> events;
    for (const Draft& one : log) events.push_back(one.made(one.time));
    Instant clock = log.back().time;
    std::vector<std::size_t> order(log.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    for (std::size_t i = order.size(); i-- > 1;) {
      std::swap(order[i],
                order[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i + 1)))]);
    }
    for (const std::size_t i : order) {
      clock += kHour;
      if (random.one_in(3)) {
        events.push_back(event("c" + std::to_string(i), log[i].unit, "event_corrected", clock,
                               {{"target_event_id", log[i].id}, {"changes.severity", 5}}, clock));
      }
      events.push_back(event("r" + std::to_string(i), random.one_in(2) ? "" : log[i].unit,
                             "event_retracted", clock, {{"target_event_id", log[i].id}}, clock));
    }
    RunOptions options = until_june();
    options.units = {{"u0", {}}};
    Machine machine(mixed(), options);
    ASSERT_TRUE(machine.feed(events, 0, events.size()) && machine.finish()) << machine.ran().error;
    ASSERT_EQ(machine.ran().rejections.size(), 0U) << machine.ran().rejections[0].detail;
    // The same register, and a log of another unit that starts and ends when this one does.
    Machine fresh(mixed(), options);
    const std::vector<Event> elsewhere = {
        event("x", "elsewhere", "other", log.front().time, {}, log.front().time),
        event("y", "elsewhere", "other", clock, {}, clock)};
    ASSERT_TRUE(fresh.feed(elsewhere, 0, 2) && fresh.finish());
    UnitState never;
    never.name = "u1";
    const Fold& fold = machine.replay().fold();
    EXPECT_EQ(encode(**machine.replay().unit("u0"), fold),
              encode(**fresh.replay().unit("u0"), fresh.replay().fold()));
    const UnitState* second = *machine.replay().unit("u1");
    if (second != nullptr) {
      EXPECT_EQ(encode(*second, fold), encode(never, fold));
    }
    for (const Warning& warning : machine.ran().warnings) {
      if (warning.time > log.back().time && warning.to < warning.from &&
          warning.cause == Cause::retraction) {
        EXPECT_TRUE(warning.revoked);
      }
    }
  }
}

TEST(DecisionProperty, WhatIsCorrectedCountsAsIfItHadBeenRight) {
  for (unsigned seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto log = drafts(random, 40, 2);
    std::vector<Event> events;
    for (const Draft& one : log) events.push_back(one.made(one.time));
    Instant clock = log.back().time;
    std::vector<bool> gone(log.size());
    for (int n = 0; n < 15; ++n) {
      clock += kHour;
      const auto i = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(log.size())));
      if (gone[i]) continue;
      const std::string id = "d" + std::to_string(n);
      if (random.one_in(4)) {
        gone[i] = true;
        events.push_back(
            event(id, "", "event_retracted", clock, {{"target_event_id", log[i].id}}, clock));
        continue;
      }
      const std::string field = log[i].type == "complaint" ? random.choice({"severity", "kind"})
                                                           : random.choice({"id", "due"});
      Value value = field == "severity" ? Value(static_cast<int>(1 + random.below(5)))
                    : field == "kind"   ? Value(random.choice({"a", "b", "c"}))
                    : field == "id"     ? Value(random.choice({"t1", "t2"}))
                                        : Value("2026-03-20");
      if (random.one_in(6)) value = Value();
      log[i].data[field] = value;
      events.push_back(event(id, "", "event_corrected", clock,
                             {{"target_event_id", log[i].id}, {"changes." + field, value}}, clock));
      if (random.one_in(5)) {  // and taken back
        clock += kHour;
        events.push_back(
            event(id + "x", "", "event_retracted", clock, {{"target_event_id", id}}, clock));
        // What is right again is told by a last correction, which stays.
        clock += kHour;
        events.push_back(event(id + "y", "", "event_corrected", clock,
                               {{"target_event_id", log[i].id}, {"changes." + field, value}},
                               clock));
      }
    }
    std::vector<Event> right;
    std::size_t decided = 0;
    for (std::size_t i = 0; i < log.size(); ++i) {
      if (!gone[i]) right.push_back(log[i].made(log[i].time));
    }
    // The decisions count in `all`: as many other events of the same units stand for them.
    for (const Event& one : events) {
      if (one.type != "event_corrected" && one.type != "event_retracted") continue;
      ++decided;
    }
    Machine told(mixed(), until_june()), known(mixed(), until_june());
    ASSERT_TRUE(told.feed(events, 0, events.size()) && told.finish()) << told.ran().error;
    ASSERT_EQ(told.ran().rejections.size(), 0U) << told.ran().rejections[0].detail;
    ASSERT_TRUE(known.feed(right, 0, right.size()) && known.finish());
    auto found = readings(told), expected = readings(known);
    std::erase_if(found,
                  [](const auto& one) { return one.first.find("/few/") != std::string::npos; });
    for (const auto& [where, values] : expected) {
      if (where.find("/few/") != std::string::npos) continue;
      ASSERT_EQ(found[where], values) << where;
    }
    ASSERT_GT(decided, 3U);
  }
}

TEST(DecisionProperty, TheOrderOfArrivalMakesNoDifference) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto log = drafts(random, 25, 2);
    const Instant all_at_once = log.back().time + days(1);
    std::vector<Event> events;
    for (const Draft& one : log) events.push_back(one.made(all_at_once));
    for (int n = 0; n < 12; ++n) {
      const Draft& target =
          log[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(log.size())))];
      const std::string id = "d" + std::to_string(n);
      const Instant time = target.time + kHour * (1 + n);
      switch (random.below(3)) {
        case 0:
          events.push_back(event(id, target.unit, "event_retracted", time,
                                 {{"target_event_id", target.id}}, all_at_once));
          break;
        case 1:
          events.push_back(event(
              id, target.unit, "event_corrected", time,
              {{"target_event_id", target.id}, {"changes.kind", random.choice({"a", "b", "c"})}},
              all_at_once));
          break;
        default:
          events.push_back(event(id, target.unit, "tolerance_decision", time,
                                 {{"targets", std::vector<Value>{target.id}},
                                  {"granted", true},
                                  {"factor", Number::ratio(random.below(3), 4)}},
                                 all_at_once));
      }
    }
    Machine first(mixed(), until_june());
    ASSERT_TRUE(first.feed(events, 0, events.size()) && first.finish());
    const auto expected = readings(first);
    for (int turn = 0; turn < 3; ++turn) {
      for (std::size_t i = events.size(); i-- > 1;) {
        std::swap(events[i],
                  events[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(i + 1)))]);
      }
      Machine again(mixed(), until_june());
      ASSERT_TRUE(again.feed(events, 0, events.size()) && again.finish());
      ASSERT_EQ(again.ran().rejections.size(), 0U) << again.ran().rejections[0].detail;
      ASSERT_EQ(readings(again), expected);
    }
  }
}

}  // namespace
}  // namespace lianqing
