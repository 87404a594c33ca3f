#include "cli/outbox/courier.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "tests/support/stored_list.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;

const Instant kStart = *parse_rfc3339("2026-03-02T01:00:00Z");

// A receiver that can be out, slow to come back, or choosy.
class Receiver final : public Sink {
 public:
  Delivery deliver(std::span<const Notice> notices, Instant now, const std::stop_token&) override {
    tries.push_back(now);
    if (failure && (!until || now < *until)) return Unexpected<DeliveryFailure>(*failure);
    for (const Notice& notice : notices) {
      if (refused.contains(notice.id)) {
        return Unexpected<DeliveryFailure>(
            DeliveryFailure{DeliveryFailure::Kind::refused, "HTTP 422", {}});
      }
    }
    if (forgets > 0) {  // it took the message, and its answer is lost
      --forgets;
      take(notices);
      return Unexpected<DeliveryFailure>(
          DeliveryFailure{DeliveryFailure::Kind::unavailable, "reset", {}});
    }
    take(notices);
    return Receipt{"ok"};
  }
  void take(std::span<const Notice> notices) {
    messages.emplace_back();
    for (const Notice& notice : notices) {
      messages.back().push_back(notice.id);
      times[notice.id] += 1;
      for (const NoticeEdge& edge : notice.edges) positions[edge.unit].push_back(edge.position);
    }
  }

  std::optional<DeliveryFailure> failure;
  std::optional<Instant> until;
  std::set<std::string> refused;
  int forgets = 0;
  std::vector<Instant> tries;
  std::vector<std::vector<std::string>> messages;
  std::map<std::string, int> times;
  std::map<std::string, std::vector<std::uint64_t>> positions;  // by unit, as they came
};

struct Line {
  StoredList& list;
  std::string directory;
  OutboxPolicy policy;
  Instant now = kStart;
  CourierStart start{};
  std::map<std::string, UnitFacts> facts{};
  std::vector<std::string> told{};
  Receiver receiver{};
  std::unique_ptr<Courier> courier{};

  void open() {
    CourierWorld world;
    world.now = [this] { return now; };
    world.warnings = [this](std::uint64_t from, std::size_t limit) {
      return list.read(from, limit);
    };
    world.units = [this](const std::set<std::string>&) { return std::optional(facts); };
    world.tell = [this](const Bilingual& text, bool) { told.push_back(text.en); };
    start.directory = directory + "/" + policy.sink;
    start.journal.durable = false;
    courier.reset();
    auto opened = Courier::open(policy, receiver, std::move(world), start);
    ASSERT_TRUE(opened) << opened.error().what;
    courier = *std::move(opened);
  }
  // Steps as the thread would, until there is nothing more to do at `end`.
  void run_until(Instant end) {
    for (;;) {
      const auto wake = courier->step({});
      ASSERT_TRUE(wake) << wake.error().what;
      if (*wake > end) break;
      now = std::max(now, *wake);
    }
    now = std::max(now, end);
  }
};

OutboxPolicy policy_of(const std::string& name) {
  OutboxPolicy out;
  out.sink = name;
  return out;
}

class CourierTest : public ::testing::Test {
 protected:
  TempDir dir_;
  StoredList list_;
};

TEST_F(CourierTest, BeginsAtNowAndTellsEachWarningOnceOverRestarts) {
  list_.add("u1", "green", "yellow", kStart);
  Line line{list_, dir_.path(), policy_of("a")};
  line.start.head = 1;
  line.open();
  line.run_until(kStart);
  EXPECT_TRUE(line.receiver.messages.empty());
  list_.add("u1", "yellow", "red", kStart);
  list_.add("u2", "green", "red", kStart, "r", true);
  line.run_until(kStart + seconds(1));
  line.start.head = 3;
  line.open();
  line.run_until(kStart + seconds(2));
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w2"}}));
  EXPECT_EQ(line.courier->outbox().cursor(), 3U);
}

TEST_F(CourierTest, WhatNewRulesSeeInThePastPushesNobody) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.open();
  list_.add("u1", "green", "red", kStart, "r", false, true);
  list_.add("u2", "red", "green", kStart, "r", false, true);
  list_.add("u1", "red", "green", kStart);
  line.run_until(kStart + seconds(1));
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w3"}}));
}

TEST_F(CourierTest, FromTheStartTellsAllHoweverOld) {
  list_.add("u1", "green", "yellow", kStart - hours(24 * 300));
  Line line{list_, dir_.path(), policy_of("a")};
  line.policy.oldest = Duration::max();
  line.start.head = 1;
  line.start.from_start = true;
  line.open();
  line.run_until(kStart);
  EXPECT_EQ(line.receiver.messages.size(), 1U);
}

TEST_F(CourierTest, HistoryAndWarningsMadeAnewPushNobody) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.open();
  list_.add("u1", "green", "yellow", kStart - hours(24 * 8));
  line.run_until(kStart);
  EXPECT_TRUE(line.receiver.messages.empty());
  list_.add("u1", "yellow", "red", kStart);  // not read before the daemon ended
  list_.add("u1", "green", "red", kStart);   // another register: from here on made anew
  line.start.first = line.start.head = 3;
  line.open();
  list_.add("u1", "red", "yellow", kStart);
  line.run_until(kStart);
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w2"}, {"w4"}}));
}

TEST_F(CourierTest, GroupsSettlesAndForgetsWhatWentBack) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.policy.group = true;
  line.policy.settle = minutes(1);
  line.open();
  list_.add("u1", "green", "yellow", kStart);
  list_.add("u2", "green", "yellow", kStart);
  line.run_until(kStart + seconds(30));
  list_.add("u1", "green", "red", kStart + seconds(30), "other");
  list_.add("u2", "yellow", "green", kStart + seconds(30));
  line.run_until(kStart + seconds(59));
  EXPECT_TRUE(line.receiver.messages.empty());
  line.open();  // an open group survives a restart
  line.run_until(kStart + seconds(61));
  ASSERT_EQ(line.receiver.messages.size(), 1U);
  EXPECT_EQ(line.receiver.positions, (decltype(line.receiver.positions){{"u1", {1, 3}}}));
}

TEST_F(CourierTest, LeavesOutWhatTheSinkDoesNotTake) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.policy.levels = {Level::red};
  line.policy.units = {"town"};
  line.policy.mute = true;
  line.facts["u1"] = {{"town"}, ""};
  line.facts["u2"] = {{"town"}, "town"};
  line.facts["town"] = {};
  line.open();
  list_.add("u1", "green", "yellow", kStart);      // level
  list_.add("u1", "yellow", "red", kStart);        // told
  list_.add("u2", "green", "red", kStart);         // muted: the town above is red
  list_.add("elsewhere", "green", "red", kStart);  // unit
  list_.add("u1", "red", "yellow", kStart);        // told: it was red
  line.run_until(kStart);
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w2"}, {"w5"}}));
}

TEST_F(CourierTest, WaitsGrowFromFiveSecondsToADayAndAreTheSameAtEveryRun) {
  std::vector<Instant> before;
  for (int run = 0; run < 2; ++run) {
    TempDir dir;
    StoredList list;
    Line line{list, dir.path(), policy_of("a")};
    line.policy.give_up = hours(24 * 30);
    line.receiver.failure = DeliveryFailure{DeliveryFailure::Kind::unavailable, "nobody", {}};
    line.open();
    list.add("u1", "green", "red", kStart);
    line.run_until(kStart + hours(24 * 5));
    const std::vector<Instant>& tries = line.receiver.tries;
    ASSERT_GE(tries.size(), 12U);
    for (std::size_t i = 1; i + 1 < tries.size(); ++i) {
      EXPECT_GE(tries[i + 1] - tries[i], tries[i] - tries[i - 1]) << i;
    }
    EXPECT_GE(tries[1] - tries[0], seconds(5));
    EXPECT_LT(tries[1] - tries[0], seconds(7));
    EXPECT_EQ(tries.back() - tries[tries.size() - 2], hours(24));
    EXPECT_TRUE(before.empty() || before == tries);
    before = tries;
  }
}

TEST_F(CourierTest, HonoursRetryAfterAndTriesADeadSinkForSomethingNew) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.receiver.failure = DeliveryFailure{DeliveryFailure::Kind::unavailable, "429", minutes(40)};
  line.open();
  list_.add("u1", "green", "red", kStart);
  line.run_until(kStart);
  list_.add("u2", "green", "red", kStart);
  line.run_until(kStart + minutes(39));
  EXPECT_EQ(line.receiver.tries.size(), 1U);
  line.receiver.failure->retry_after.reset();
  line.run_until(kStart + hours(20));
  const std::size_t tries = line.receiver.tries.size();
  const Instant last = line.receiver.tries.back();
  line.now = last + minutes(20);
  list_.add("u3", "green", "red", line.now);
  line.receiver.failure.reset();
  line.run_until(line.now);
  EXPECT_EQ(line.receiver.tries.size(), tries + 3);
}

TEST_F(CourierTest, ARefusedNoticeHoldsUpItsUnitOnlyAndDies) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.receiver.refused = {"w1"};
  line.open();
  list_.add("u1", "green", "yellow", kStart);
  list_.add("u1", "yellow", "red", kStart);
  list_.add("u2", "green", "red", kStart);
  line.run_until(kStart + seconds(1));
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w3"}}));
  line.run_until(kStart + hours(3));
  EXPECT_EQ(line.receiver.messages, (std::vector<std::vector<std::string>>{{"w3"}, {"w2"}}));
  EXPECT_EQ(line.courier->gauges().dead, 1U);
  // Replayable, over a restart, by whoever asks.
  line.receiver.refused.clear();
  ASSERT_TRUE(ask_for_retry(line.start.directory, {}));
  line.open();
  line.run_until(line.now);
  EXPECT_EQ(line.receiver.messages.back(), std::vector<std::string>{"w1"});
  EXPECT_EQ(line.courier->gauges().dead, 0U);
}

TEST_F(CourierTest, GoneDisablesTheSinkUntilSomebodyAsks) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.receiver.failure = DeliveryFailure{DeliveryFailure::Kind::gone, "HTTP 410", {}};
  line.open();
  list_.add("u1", "green", "red", kStart);
  line.run_until(kStart + hours(50));
  line.open();
  line.run_until(kStart + hours(60));
  EXPECT_EQ(line.receiver.tries.size(), 1U);
  EXPECT_TRUE(line.courier->gauges().disabled);
  EXPECT_EQ(line.told.size(), 1U);
  line.receiver.failure.reset();
  ASSERT_TRUE(ask_for_retry(line.start.directory, {}));
  line.run_until(line.now);
  EXPECT_EQ(line.receiver.messages.size(), 1U);
}

TEST_F(CourierTest, OverTheLimitManyNoticesGoInOneMessage) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.policy.per_minute = 20;
  line.policy.batch = 40;
  line.policy.batch_to_hurry = true;
  line.open();
  for (int i = 0; i < 12; ++i) list_.add("u" + std::to_string(i), "green", "red", kStart);
  line.run_until(kStart);
  EXPECT_EQ(line.receiver.messages.size(), 12U);  // there is room for each
  for (int i = 0; i < 300; ++i) list_.add("v" + std::to_string(i), "green", "red", kStart);
  line.run_until(kStart + hours(1));
  EXPECT_EQ(line.receiver.times.size(), 312U);
  for (std::size_t i = 20; i < line.receiver.tries.size(); ++i) {
    EXPECT_GE(line.receiver.tries[i] - line.receiver.tries[i - 20], minutes(1));
  }
  EXPECT_LT(line.receiver.messages.size(), 60U);
}

// R12: one of five sinks is out for 72 hours.
TEST_F(CourierTest, ADeadSinkSlowsNobodyAndGetsAllInOrderAfterwards) {
  const unsigned seeds = std::getenv("LIANQING_NIGHTLY") == nullptr ? 200 : 5000;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    TempDir dir;
    StoredList list;
    std::uint64_t random = seed * 0x9E3779B97F4A7C15ULL;
    const auto next = [&random](std::uint64_t most) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      return (random >> 33) % most;
    };
    std::vector<std::unique_ptr<Line>> lines;
    for (int i = 0; i < 5; ++i) {
      lines.push_back(
          std::make_unique<Line>(Line{list, dir.path(), policy_of("s" + std::to_string(i))}));
      if (i == 1) lines[1]->policy.batch = 16;
      lines.back()->open();
    }
    Receiver& dead = lines[0]->receiver;
    dead.failure = DeliveryFailure{DeliveryFailure::Kind::unavailable, "out", {}};
    dead.until = kStart + hours(72);
    lines[2]->receiver.forgets = static_cast<int>(next(4));
    Instant now = kStart;
    while (now < kStart + hours(76)) {
      now += seconds(60 + static_cast<std::int64_t>(next(7200)));
      for (std::uint64_t n = next(4); n > 0; --n) {
        list.add("u" + std::to_string(next(6)), "green", "red", now);
      }
      for (const auto& line : lines) {
        line->run_until(now);
        if (next(40) == 0) line->open();  // the daemon is killed and starts again
      }
      for (std::size_t i : {1U, 3U, 4U}) EXPECT_EQ(lines[i]->receiver.times.size(), list.head());
    }
    lines[0]->run_until(kStart + hours(100));
    lines[2]->run_until(kStart + hours(100));
    for (const auto& line : lines) {
      EXPECT_EQ(line->receiver.times.size(), list.head()) << seed;
      EXPECT_EQ(line->courier->gauges().dead, 0U);
      for (auto& [unit, positions] : line->receiver.positions) {
        EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end())) << unit;
      }
    }
    for (const auto& [id, times] : lines[0]->receiver.times) EXPECT_EQ(times, 1) << id;
    EXPECT_LT(dead.tries.size() - dead.messages.size(), 450U);  // it was not hammered
  }
}

TEST_F(CourierTest, AJournalTurnsToANewFileAndKeepsWhatWaits) {
  Line line{list_, dir_.path(), policy_of("a")};
  line.start.journal.file_bytes = 2000;
  line.start.journal.files = 3;
  line.receiver.refused = {"w1"};
  line.open();
  for (int i = 0; i < 60; ++i) {
    list_.add("u" + std::to_string(i), "green", "red", line.now);
    line.run_until(line.now + minutes(3));
  }
  EXPECT_EQ(line.receiver.times.size(), 59U);
  line.open();
  EXPECT_EQ(line.courier->gauges().dead, 1U);
  EXPECT_EQ(line.courier->outbox().cursor(), 60U);
  int edges = 0;
  ASSERT_TRUE(read_journal(line.start.directory, [&](const OutboxEntry& entry) {
    edges += entry.step == OutboxStep::edge ? 1 : 0;
  }));
  EXPECT_GT(edges, 5);
  EXPECT_LT(edges, 60);
}

}  // namespace
}  // namespace lianqing
