// Rules that need not be judged against rules that always are: a watcher is told of every
// judgement, so with one nothing is passed over. Random conditions, a good part of their limits on
// values that occur; records that take others back, weigh them less, come late or at one instant.
#include "engine/quiet.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/packs.h"
#include "tests/support/random.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

constexpr Duration kHour{3'600'000'000};

class RandomRules {
 public:
  explicit RandomRules(Random& random) : random_(random) {}

  std::string pack() {
    std::string out =
        "measures:\n"
        "  n1: {count: paid, over: 1d}\n"
        "  n4: {count: paid, over: 4d}\n"
        "  n4_then: {count: paid, over: 4d, offset: 30h}\n"
        "  large: {count: paid, where: \"amount >= 1\", over: 6d}\n"
        "  ever: {count: \"*\"}\n"
        "  month: {count: paid, over: month}\n"
        "  s2: {sum: amount, of: paid, over: 2d}\n"
        "  s7: {sum: amount, of: paid, over: 7d}\n"
        "  s_week: {sum: amount, of: paid, over: week, offset: 1}\n"
        "  mean: {avg: amount, of: paid, over: 7d}\n"
        "  of_kind: {count: paid, over: 5d, per: kind}\n"
        "  sum_kind: {sum: amount, of: paid, over: 5d, per: kind}\n"
        "rules:\n";
    for (int i = 0; i < 12; ++i) out += rule(i);
    return out;
  }

 private:
  std::string condition(bool keyed) {
    std::string out = comparison(keyed);
    for (int more = 0; random_.one_in(3) && more < 2; ++more) {
      out = random_.choice({"", "not "}) + ("(" + out) + ") " + random_.choice({"and ", "or "}) +
            comparison(false);
    }
    return "\"" + out + "\"";
  }

  std::string comparison(bool keyed) {
    const bool sum = random_.one_in(2);
    std::string measure;
    if (keyed) {
      measure = sum ? "sum_kind" : "of_kind";
    } else if (random_.one_in(12)) {
      measure = "mean";  // such a rule is always judged
    } else {
      measure = sum ? random_.choice({"s2", "s7", "s_week"})
                    : random_.choice({"n1", "n4", "n4_then", "large", "ever", "month"});
    }
    std::string limit = std::to_string(random_.below(6));
    if (sum) limit = random_.choice({"", "-"}) + limit;
    limit += random_.choice({"", "", "", ".5", ".25", ".000001"});
    const std::string op = random_.choice({">=", ">=", ">", "<=", "<", "==", "!="});
    return random_.one_in(5) ? limit + " " + op + " " + measure : measure + " " + op + " " + limit;
  }

  std::string level(bool keyed) {
    std::string out = "{enter: " + condition(keyed);
    if (random_.one_in(2)) {  // two plain ones of one measure would be refused if both can hold
      out += ", exit: \"" + comparison(keyed) + random_.choice({" and ", " or "}) +
             comparison(false) + "\"";
    }
    if (random_.one_in(3)) out += ", for: " + random_.choice({"1h", "12h", "2d"});
    if (random_.one_in(3)) out += ", hold: " + random_.choice({"1h", "12h", "2d"});
    return out + "}";
  }

  std::string rule(int i) {
    const bool keyed = i % 4 == 3;
    std::string out = "  r" + std::to_string(i) + ":\n    title: R\n";
    if (random_.one_in(4)) out += "    needs: " + condition(false) + "\n";
    if (!random_.one_in(6)) out += "    yellow: " + level(keyed) + "\n";
    out += "    red: " + level(keyed) + "\n";
    if (random_.one_in(2)) out += "    step_down: true\n";
    if (random_.one_in(5)) out += "    from: 2026-03-05\n    to: 2026-03-20\n";
    if (random_.one_in(3)) out += "    because: {zh: \"{s7}\", en: \"{n4}\"}\n";
    return out;
  }

  Random& random_;
};

std::vector<Event> random_log(Random& random, std::size_t size) {
  std::vector<Event> out;
  Instant clock = at("2026-02-27T00:00:00Z");
  while (out.size() < size) {
    if (!random.one_in(3)) clock += kHour * (1 + random.below(14));
    if (random.one_in(50)) clock += days(9);
    const std::string id = "e" + std::to_string(out.size());
    if (!out.empty() && random.one_in(6)) {
      const Event& target = out[random.index(out.size())];
      Data what{{"target_event_id", std::string(target.id)}};
      std::string type =
          random.choice({"event_retracted", "event_corrected", "tolerance_decision"});
      if (type == "event_corrected") {
        what.emplace_back("changes.amount", Number::ratio(random.below(9) - 3, 2));
      } else if (type == "tolerance_decision") {
        what = {{"targets", std::vector<Value>{std::string(target.id)}},
                {"factor", Number::ratio(random.below(5), 4)}};
      }
      out.push_back(event(id, target.unit, type, clock, what, clock));
      continue;
    }
    Instant time = clock;
    if (random.one_in(5)) time -= kHour * random.below(24 * 8);
    if (random.one_in(12)) time += kHour * random.below(20);
    const Number amount = Number::ratio(random.below(13) - 3, random.one_in(2) ? 1 : 4);
    out.push_back(event(id, "u" + std::to_string(random.below(3)), "paid", time,
                        {{"amount", amount}, {"kind", random.choice({"a", "b"})}}, clock));
  }
  return out;
}

std::uint64_t sum(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

TEST(QuietProperty, WhatIsNotJudgedWouldNotHaveChanged) {
  std::uint64_t judged = 0, passed_over = 0;
  std::size_t warnings = 0;
  for (unsigned seed = 1; seed <= 24 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const std::string text = RandomRules(random).pack();
    const auto program = pack(text);
    const auto log = random_log(random, 160);
    RunOptions options;
    options.replay.count_rules = true;
    options.replay.until = at("2026-05-15T00:00:00Z");
    if (seed % 2 == 0) options.replay.mode = ClockMode::as_occurred;
    if (seed % 3 == 0) options.units = {{"u1", {}}};
    const auto ran = [&](bool always) {
      RunOptions how = options;
      if (seed % 2 != 0) how.flush_every = seed % 5;
      if (always) how.replay.fold.watcher = [](const Rule&, const Leaves&, bool) {};
      Machine machine(program, how);
      EXPECT_TRUE(machine.feed(log, 0, log.size()) && machine.finish()) << machine.ran().error;
      return std::pair(machine.ran().full(), sum(machine.replay().take_rule_judgements()));
    };
    const auto expected = ran(true), found = ran(false);
    for (std::size_t i = 0; i < expected.first.size() && i < found.first.size(); ++i) {
      ASSERT_EQ(found.first[i], expected.first[i]) << text;
    }
    ASSERT_EQ(found.first.size(), expected.first.size()) << text;
    ASSERT_LE(found.second, expected.second);
    judged += found.second;
    passed_over += expected.second - found.second;
    warnings += found.first.size();
  }
  EXPECT_GT(warnings, 2000U);
  EXPECT_GT(2 * passed_over, judged);  // else nothing is tested
}

// The state between two records of one instant holds what has moved, too.
TEST(QuietProperty, StoppingWithinAnInstantDoesNotMatter) {
  for (unsigned seed = 1; seed <= 4 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto program = pack(RandomRules(random).pack());
    const auto log = random_log(random, 50);
    RunOptions options;
    options.replay.cached_units = 1;
    Machine straight(program, options);
    ASSERT_TRUE(straight.feed(log, 0, log.size()) && straight.finish());
    const TempDir dir;
    std::vector<std::string> lines;
    for (std::size_t done = 0; done < log.size();) {
      const std::size_t upto = std::min(log.size(), done + 1 + random.index(5));
      auto store = open_rocks_store(dir.path());
      ASSERT_TRUE(store);
      Machine machine(program, options, store->get());
      ASSERT_TRUE(machine.replay().resume());
      ASSERT_TRUE(machine.feed(log, done, upto));
      ASSERT_TRUE(machine.check(machine.replay().flush()));
      ASSERT_TRUE(machine.check(machine.replay().checkpoint(std::to_string(upto))));
      ASSERT_TRUE(upto < log.size() || machine.finish());
      const auto more = machine.ran().full();
      lines.insert(lines.end(), more.begin(), more.end());
      done = upto;
    }
    ASSERT_EQ(lines, straight.ran().full());
  }
}

}  // namespace
}  // namespace lianqing
