// The laws of the fold: how a log is cut up, how many threads fold it, and where it is stopped and
// resumed cannot be seen in what comes out.
#include "engine/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "engine/flat_plan.h"
#include "tests/support/packs.h"
#include "tests/support/random.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

std::shared_ptr<const Program> mixed() {
  static const auto program = pack(
      "items:\n"
      "  task:\n"
      "    {key: id, open: opened, close: closed, due: due,\n"
      "     extend: {event: extended, where: granted, due: due}}\n"
      "measures:\n"
      "  n7: {count: complaint, over: 7d}\n"
      "  n7_prev: {count: complaint, over: 7d, offset: 7d}\n"
      "  n_month: {count: complaint, over: month}\n"
      "  n_month_then: {count: complaint, over: month, offset: 1 month, to_date: true}\n"
      "  same_kind: {count: complaint, over: 10d, per: kind}\n"
      "  kinds: {distinct: kind, of: complaint, over: week}\n"
      "  middle: {median: severity, of: complaint, over: 20d}\n"
      "  worst: {max: severity, of: complaint, over: 5d}\n"
      "  bad_run: {streak: \"severity >= 3\", of: complaint}\n"
      "  idle: {age: complaint}\n"
      "  open_now: {open: task}\n"
      "  soon: {due_within: task, in: 2 workdays}\n"
      "  late: {overdue: task, by: 1d}\n"
      "  rate: {on_time_rate: task, over: 30d}\n"
      "  open_kind: {open: task, per: kind}\n"
      "  late_kind: {overdue: task, per: kind}\n"
      "rules:\n"
      "  surge:\n"
      "    title: Surge\n"
      "    yellow: {enter: \"n7 >= 4\", exit: \"n7 <= 1\", hold: 2d}\n"
      "    red: {enter: \"n7 >= 7\", exit: \"n7 <= 4\", for: 6h, hold: 1d}\n"
      "    step_down: true\n"
      "    because: {zh: \"七天{n7}件\", en: \"{n7} in 7 days, {middle|1} in the middle\"}\n"
      "  growth:\n"
      "    {title: Growth, needs: \"n7_prev >= 1\", yellow: \"n7 / n7_prev >= 2\", red: \"n7 / "
      "n7_prev >= 4\"}\n"
      "  month: {title: Month, yellow: \"n_month >= 5\", red: \"n_month > n_month_then + 5\"}\n"
      "  kind: {title: Kind, yellow: {enter: \"same_kind >= 3\", hold: 1d}, red: \"same_kind >= "
      "5\"}\n"
      "  spread: {title: Spread, yellow: \"kinds >= 3 and middle >= 3\", red: \"worst >= 5 and "
      "bad_run >= 2\"}\n"
      "  silent: {title: Silent, yellow: \"idle >= 5\", red: {enter: \"idle >= 9\", for: 1d}}\n"
      "  tasks: {title: Tasks, yellow: \"soon >= 1\", red: {enter: \"late >= 1\", hold: 12h}}\n"
      "  punctual: {title: Punctual, status: shadow, yellow: \"rate < 0.8\", red: \"rate < 0.4 and "
      "open_now > 0\"}\n"
      "  task_kind: {title: Task kind, yellow: \"open_kind >= 2\", red: \"late_kind >= 1\"}\n");
  return program;
}

// Rules by windows of plain events alone.
const std::string kPlainMeasures =
    "measures:\n"
    "  n2: {count: complaint, over: 2d}\n"
    "  n7: {count: complaint, over: 7d}\n"
    "  n7_prev: {count: complaint, over: 7d, offset: 7d}\n"
    "  grave: {count: complaint, over: 5d, where: \"severity >= 4\"}\n"
    "  ever: {count: [complaint, other]}\n"
    "  sum9: {sum: severity, of: complaint, over: 9d}\n"
    "  sum_prev: {sum: severity, of: complaint, over: 36h, offset: 3d}\n"
    "  mean9: {avg: severity, of: complaint, over: 9d}\n"
    "  spread9: {stddev: severity, of: complaint, over: 9d}\n"
    "  bad_run: {streak: \"severity >= 3\", of: complaint, over: 30d}\n"
    "  newest: {last: kind, of: complaint}\n"
    "  oldest: {first: severity, of: complaint, over: 20d}\n"
    "  ratio: {value: \"n2 / n7\"}\n"
    "  least: {min: severity, of: complaint, over: 6d}\n"
    "  middle: {median: severity, of: complaint, over: 20d, offset: 1d}\n"
    "  upper: {quantile: severity, q: 0.9, of: complaint, over: 12d}\n"
    "  variety: {distinct: kind, of: complaint, over: 9d}\n"
    "  again: {top: kind, of: complaint}\n"
    "  month: {count: complaint, over: month}\n"
    "  month_then: {count: complaint, over: month, offset: 1 month}\n"
    "  week_sum: {sum: severity, of: complaint, over: week, to_date: true}\n"
    "  week_worst: {max: severity, of: complaint, over: week, offset: 1}\n"
    "  day_kinds: {distinct: kind, of: complaint, over: day}\n"
    "  same: {count: complaint, over: 10d, per: kind}\n"
    "  same_then: {count: complaint, over: 5d, offset: 30h, per: kind}\n"
    "  same_month: {sum: severity, of: complaint, over: month, per: kind}\n"
    "  same_worst: {max: severity, of: complaint, where: \"severity >= 2\", over: 15d, per: kind}\n"
    "  same_any: {count: \"*\", over: 4d, per: kind}\n";
const std::string kPlainRules =
    "rules:\n"
    "  surge:\n"
    "    title: Surge\n"
    "    yellow: {enter: \"n7 >= 3\", exit: \"n7 <= 1\", hold: 2d}\n"
    "    red: {enter: \"n7 >= 5\", exit: \"n7 <= 4\", for: 6h, hold: 1d}\n"
    "    step_down: true\n"
    "    because: {zh: \"七天{n7}件\", en: \"{n7} in 7 days, {mean9|1} in the mean\"}\n"
    "  restless: {title: Restless, yellow: {enter: \"n7 >= 2\", exit: \"n2 <= 0\"},\n"
    "             red: {enter: \"sum9 > 9.5\", exit: \"n2 <= 1\"}, step_down: true}\n"
    "  growth:\n"
    "    {title: Growth, needs: \"n7_prev >= 1\", yellow: \"n7 >= 2\", red: \"n7 / n7_prev >= "
    "2\"}\n"
    "  known: {title: Known, needs: \"ever >= 3\", yellow: \"grave >= 1\", red: \"grave > "
    "1.5\"}\n"
    "  weight: {title: Weight, yellow: {enter: \"sum9 >= 7.25\", exit: \"sum9 < 5\"},\n"
    "           red: {enter: \"sum9 > 12\", for: 12h}}\n"
    "  earlier: {title: Earlier, yellow: \"sum_prev >= 3\", red: \"sum_prev >= 6\"}\n"
    "  exact: {title: Exact, yellow: \"n2 == 2\", red: \"n7 == 4\"}\n"
    "  mixed: {title: Mixed, status: shadow, yellow: \"mean9 >= 3 or bad_run >= 2\",\n"
    "          red: {enter: \"spread9 > 1 and ratio >= 0.4\", hold: 12h}}\n"
    "  kinds: {title: Kinds, yellow: \"newest == 'a'\", red: \"newest == 'b' and oldest >= 3\"}\n"
    "  spread: {title: Spread, yellow: \"least >= 2\", red: \"least >= 3 and middle >= 3.5\"}\n"
    "  upper: {title: Upper, yellow: \"upper > 4\", red: {enter: \"upper >= 4.5\", for: 1d}}\n"
    "  variety: {title: Variety, yellow: \"variety >= 3\", red: \"again >= 6\"}\n"
    "  told: {title: Told, yellow: \"n7 >= 2\", because: {zh: \"{middle}\", en: \"{variety}\"}}\n"
    "  month: {title: Month, yellow: \"month >= 3\", red: {enter: \"month > month_then\", "
    "hold: 2d}}\n"
    "  month_fall: {title: Fall, yellow: \"month_then >= 2\", red: \"month_then >= 8\", "
    "step_down: true}\n"
    "  week: {title: Week, yellow: {enter: \"week_sum >= 6\", hold: 3d}, red: \"week_sum >= 14\", "
    "step_down: true}\n"
    "  worst: {title: Worst, yellow: \"week_worst >= 4\", red: \"day_kinds >= 2\"}\n"
    "  same: {title: Same, yellow: {enter: \"same >= 2\", hold: 1d}, red: \"same >= 4\"}\n"
    "  same_then: {title: Then, yellow: \"same_then >= 1\", red: {enter: \"same_then >= 2\", "
    "for: 6h}}\n"
    "  same_mixed: {title: Mixed, yellow: \"same_month >= 5 and n7 >= 2\", red: \"same_worst >= 5 "
    "or n2 == 0\"}\n"
    "  same_any: {title: Any, status: shadow, yellow: \"same_any >= 2\", red: \"same_any / n7 >= "
    "1\"}\n"
    "  spring: {title: Spring, from: 2026-03-01, to: 2026-03-20, yellow: \"n7 >= 1\",\n"
    "           red: {enter: \"n7 >= 3\", hold: 3d},\n"
    "           except: [{unit: u2, reason: moving, by: us, until: 2026-03-08}]}\n";

// Units may be folded whole.
std::shared_ptr<const Program> windows_only() {
  static const auto program = pack(kPlainMeasures + kPlainRules);
  return program;
}

// The same, and rules that are folded instant by instant beside them.
std::shared_ptr<const Program> partly_windows() {
  static const auto program = pack(
      "items:\n"
      "  task:\n"
      "    {key: id, open: opened, close: closed, due: due,\n"
      "     extend: {event: extended, where: granted, due: due}}\n" +
      kPlainMeasures +
      "  month_so_far: {count: complaint, over: month, offset: 1, to_date: true}\n"
      "  opened_month: {count: opened, over: month}\n"
      "  idle: {age: other}\n"
      "  open_now: {open: task}\n"
      "  late: {overdue: task, by: 2 workdays}\n"
      "  far: {overdue: task, by: 235 workdays}\n"
      "  followed: {sequence: [opened, complaint], within: 4d, over: 9d}\n" +
      kPlainRules +
      "  z_so_far: {title: So far, yellow: \"month_so_far >= 2\", red: \"month_so_far >= 5\"}\n"
      "  z_month: {title: Month, yellow: \"opened_month >= 2 or idle >= 6\"}\n"
      "  z_tasks: {title: Tasks, yellow: \"open_now >= 1 and n7 >= 1\", red: \"late >= 1\"}\n"
      "  z_far: {title: Far, yellow: \"far >= 1\"}\n"
      "  z_after: {title: After, yellow: \"followed >= 1\", red: \"followed >= 3\"}\n"
      "  z_days: {title: Days, yellow: {enter: \"grave >= 1\", for: 2 workdays}}\n");
  return program;
}

constexpr Duration kHour{3'600'000'000};

// In order of recording. Some are late, ahead, repeated, or of the same instant as the one before.
// `distinct`: all of different times and none repeated.
std::vector<Event> random_log(Random& random, std::size_t size, bool distinct) {
  std::vector<Event> out;
  Instant clock = at("2026-02-20T00:00:00Z");
  while (out.size() < size) {
    if (distinct || !random.one_in(4)) clock += kHour / 4 * (1 + random.below(15));
    if (random.one_in(60)) clock += days(6);
    if (!distinct && !out.empty() && random.one_in(20)) {
      Event again = out[random.index(out.size())];
      again.recorded = clock;
      out.push_back(again);
      continue;
    }
    if (random.one_in(30)) {
      std::vector<Value> off;
      for (std::int64_t n = random.below(9); n > 0; --n) {
        const auto some_day = at("2026-02-20T00:00:00Z") + days(random.below(60));
        off.push_back(format_date(std::chrono::floor<std::chrono::days>(some_day)));
      }
      if (distinct) clock += Duration{1'000'000 + static_cast<std::int64_t>(out.size())};
      out.push_back(event("e" + std::to_string(out.size()), "", "calendar_updated", clock,
                          {{"year", 2026}, {"off", off}}, clock));
      continue;
    }
    if (!out.empty() && random.one_in(12)) {
      const Event& target = out[random.index(out.size())];
      if (target.unit.empty()) continue;
      const bool retract = random.one_in(3);
      Data what{{"target_event_id", std::string(target.id)}};
      if (!retract) what.emplace_back("changes.kind", random.choice({"a", "b", "c"}));
      if (!retract) what.emplace_back("changes.severity", static_cast<int>(1 + random.below(5)));
      if (distinct) clock += Duration{1'000'000 + static_cast<std::int64_t>(out.size())};
      out.push_back(event("e" + std::to_string(out.size()), target.unit,
                          retract ? "event_retracted" : "event_corrected", clock, what, clock));
      continue;
    }
    Instant time = clock;
    if (random.one_in(6)) time -= kHour * random.below(24 * 12);
    if (random.one_in(12)) time += kHour * random.below(24);
    if (distinct) time += Duration{static_cast<std::int64_t>(out.size())};
    const std::string unit = "u" + std::to_string(random.below(6));
    const std::string task = "t" + std::to_string(random.below(5));
    const std::string due =
        format_date(std::chrono::floor<std::chrono::days>(time + days(random.below(9))));
    std::string type = random.choice(
        {"complaint", "complaint", "complaint", "opened", "closed", "extended", "other"});
    Data data;
    if (type == "complaint") {
      if (!random.one_in(8)) data.emplace_back("kind", random.choice({"a", "b", "c", "d"}));
      if (!random.one_in(8)) data.emplace_back("severity", static_cast<int>(1 + random.below(5)));
    } else if (type != "other") {
      data.emplace_back("id", task);
      data.emplace_back("due", due);
      data.emplace_back("granted", random.one_in(2));
      data.emplace_back("kind", random.choice({"x", "y"}));
    }
    out.push_back(event("e" + std::to_string(out.size()), unit, type, time, data, clock));
  }
  return out;
}

RunOptions options_of(std::size_t flush, unsigned threads) {
  RunOptions out;
  out.flush_every = flush;
  out.replay.threads = threads;
  out.replay.fold_entries = 1 + flush / 3;
  out.replay.until = at("2026-06-30T00:00:00Z");
  out.units = {{"u1", {}}, {"never", {}}};
  return out;
}

void expect_same(const Ran& found, const Ran& expected) {
  ASSERT_EQ(found.error, "");
  ASSERT_EQ(found.full(), expected.full());
  ASSERT_EQ(found.counts.read, expected.counts.read);
  ASSERT_EQ(found.counts.admitted, expected.counts.admitted);
  ASSERT_EQ(found.counts.duplicate, expected.counts.duplicate);
  ASSERT_EQ(found.counts.quarantined, expected.counts.quarantined);
}

// Folds the log with a store, letting go of everything at random records and taking it up again.
Ran stopped_and_resumed(const std::vector<Event>& log, RunOptions options, Random& random) {
  const TempDir dir;
  options.replay.cached_units = static_cast<std::size_t>(random.below(3));
  Ran whole;
  std::size_t position = 0;
  bool ended = false;
  while (!ended && whole.error.empty()) {
    auto store = open_rocks_store(dir.path());
    if (!store) {
      whole.error = store.error().what;
      break;
    }
    Machine machine(mixed(), options, store->get());
    const auto resumed = machine.replay().resume();
    if (!resumed) {
      whole.error = resumed.error().what;
      break;
    }
    position = resumed->empty() ? 0 : std::stoul(*resumed);
    const std::size_t stop = std::min(log.size(), position + 1 + random.index(80));
    const std::size_t committed_at =
        random.one_in(3) ? position + random.index(stop - position + 1) : stop;
    ended = stop == log.size() && committed_at == stop;
    bool good =
        machine.feed(log, position, committed_at) && machine.check(machine.replay().flush());
    if (random.one_in(2)) {  // looking at units changes nothing, wherever they are
      for (const std::string& name : machine.replay().unit_names()) {
        const auto unit = machine.replay().unit(name);
        good = good && unit && *unit != nullptr && (*unit)->name == name;
      }
    }
    good = good && machine.check(machine.replay().checkpoint(std::to_string(committed_at)));
    const std::size_t given_out = machine.ran().warnings.size();
    if (good && ended) good = machine.finish();
    // Work after the commit is lost, as by a crash; the next turn does it again.
    if (good && !ended)
      good = machine.feed(log, committed_at, stop) && machine.check(machine.replay().flush());
    auto& warnings = machine.ran().warnings;
    if (!ended) warnings.resize(given_out);
    whole.warnings.insert(whole.warnings.end(), warnings.begin(), warnings.end());
    whole.counts = machine.replay().counts();
    whole.error = machine.ran().error;
  }
  return whole;
}

unsigned first_seed() {
  const char* given = std::getenv("LIANQING_SEED");
  const unsigned seed =
      given == nullptr ? 1 : static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  std::cout << "first seed " << seed << " (LIANQING_SEED)\n";
  return seed;
}

TEST(ReplayProperty, CuttingAndThreadsDoNotMatter) {
  const unsigned first = first_seed();
  for (unsigned seed = first; seed < first + 3 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto log = random_log(random, 220, false);
    const Ran expected = run(mixed(), log, options_of(0, 1));
    ASSERT_EQ(expected.error, "");
    ASSERT_GT(expected.warnings.size(), 40U);
    for (const std::size_t flush : {1U, 7U, 1000U}) {
      for (const unsigned threads : {1U, 2U, 3U}) {
        SCOPED_TRACE("flush " + std::to_string(flush) + " threads " + std::to_string(threads));
        expect_same(run(mixed(), log, options_of(flush, threads)), expected);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(ReplayProperty, StoppingAndResumingDoesNotMatter) {
  const unsigned first = first_seed();
  for (unsigned seed = first; seed < first + 3 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const auto log = random_log(random, 220, false);
    const Ran expected = run(mixed(), log, options_of(0, 1));
    const std::size_t flush = std::vector<std::size_t>{1, 7, 1000}[seed % 3];
    expect_same(stopped_and_resumed(log, options_of(flush, 1 + seed % 3), random), expected);
  }
}

TEST(ReplayProperty, AsOccurredDoesNotDependOnTheOrderOfArrival) {
  const unsigned first = first_seed();
  for (unsigned seed = first; seed < first + 5 && !HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto log = random_log(random, 200, true);
    RunOptions options = options_of(0, 1);
    options.replay.mode = ClockMode::as_occurred;
    std::sort(log.begin(), log.end(),
              [](const Event& a, const Event& b) { return a.time < b.time; });
    const Ran sorted = run(mixed(), log, options);
    ASSERT_EQ(sorted.error, "");
    ASSERT_GT(sorted.warnings.size(), 30U);
    for (std::size_t i = log.size(); i-- > 1;) std::swap(log[i], log[random.index(i + 1)]);
    ASSERT_EQ(run(mixed(), log, options).full(false), sorted.full(false));
  }
}

void expect_whole_units_agree(const std::shared_ptr<const Program>& program) {
  const unsigned first = first_seed();
  for (unsigned seed = first; seed < first + 8 && !testing::Test::HasFatalFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto log = random_log(random, 260, false);
    std::erase_if(log, [](const Event& e) { return e.type == "calendar_updated"; });
    // In some logs no record is about another: then no unit is folded by instants.
    if (seed % 3 == 0) {
      std::erase_if(log, [](const Event& e) { return e.type.starts_with("event_"); });
    }
    RunOptions options = options_of(0, 1);
    options.replay.mode = ClockMode::as_occurred;
    options.replay.count_rules = true;
    if (seed % 2 == 0) options.replay.until.reset();
    if (seed % 4 == 1) options.replay.until = at("2026-03-15T00:00:00Z");
    for (const bool reasons : {true, false}) {
      options.replay.fold.reasons = reasons;
      const auto judged = [&](bool whole, unsigned threads, std::size_t piece) {
        RunOptions how = options;
        how.replay.whole = whole;
        how.replay.threads = threads;
        how.replay.fold_entries = piece;
        Machine machine(program, how);
        EXPECT_TRUE(machine.feed(log, 0, log.size()) && machine.finish());
        std::vector<std::string> gaps;
        for (const auto& [year, gap] : machine.replay().calendar_gaps()) {
          gaps.push_back(std::to_string(year) + " units " + std::to_string(gap.units) + " greyed " +
                         std::to_string(gap.greyed));
        }
        return std::tuple(machine.ran().full(), machine.replay().take_rule_judgements(), gaps);
      };
      const auto expected = judged(false, 1, 1000);
      ASSERT_GT(std::get<0>(expected).size(), 40U);
      for (const std::size_t piece : {1U, 10U, 1000U}) {
        for (const unsigned threads : {1U, 3U}) {
          SCOPED_TRACE("piece " + std::to_string(piece));
          const auto found = judged(true, threads, piece);
          for (std::size_t i = 0; i < std::get<0>(expected).size() && i < std::get<0>(found).size();
               ++i) {
            ASSERT_EQ(std::get<0>(found)[i], std::get<0>(expected)[i]) << i;
          }
          ASSERT_EQ(std::get<0>(found).size(), std::get<0>(expected).size());
          ASSERT_EQ(found, expected);
        }
      }
    }
  }
}

TEST(ReplayProperty, WholeUnitsSayWhatInstantsSay) {
  const auto plan = FlatPlan::of(*windows_only(), Route(*windows_only()));
  ASSERT_TRUE(plan);
  ASSERT_FALSE(plan->mixed);
  expect_whole_units_agree(windows_only());
}

TEST(ReplayProperty, WholeUnitsOfMixedRulesSayWhatInstantsSay) {
  const auto plan = FlatPlan::of(*partly_windows(), Route(*partly_windows()));
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->rules.size(),
            FlatPlan::of(*windows_only(), Route(*windows_only()))->rules.size());
  ASSERT_EQ(std::count(plan->others.begin(), plan->others.end(), true), 6);
  expect_whole_units_agree(partly_windows());
}

// A warning of a rule of counts can be derived again from what it cites.
TEST(ReplayProperty, TheEvidenceSuffices) {
  const auto program = pack(
      "measures:\n"
      "  n: {count: complaint, over: 7d, where: \"severity >= 2\"}\n"
      "  k: {count: complaint, over: month, per: kind}\n"
      "rules:\n"
      "  all: {title: All, yellow: \"n >= 3\", red: \"n >= 6\"}\n"
      "  each: {title: Each, yellow: \"k >= 2\", red: \"k >= 4\"}\n");
  const unsigned first = first_seed();
  for (unsigned seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    auto log = random_log(random, 150, true);
    std::erase_if(log, [](const Event& e) {
      return e.type.starts_with("event_") || e.type == "calendar_updated";
    });
    RunOptions options;
    options.replay.fold.evidence = 1'000'000;
    const Ran ran = run(program, log, options);
    ASSERT_EQ(ran.error, "");
    ASSERT_GT(ran.warnings.size(), 20U);
    for (const Warning& warning : ran.warnings) {
      if (warning.to == Level::green) continue;
      ASSERT_EQ(warning.evidence.events.size(), warning.evidence.total);
      std::vector<Event> cited;
      for (const Event& one : log) {
        if (warning.evidence.events.contains(one.id)) cited.push_back(one);
      }
      ASSERT_EQ(cited.size(), warning.evidence.total);
      RunOptions until = options;
      until.replay.until = warning.time;
      const Ran again = run(program, cited, until);
      ASSERT_EQ(again.error, "");
      Level level = Level::green;
      for (const Warning& w : again.warnings) {
        if (w.rule == warning.rule && w.key == warning.key) level = w.to;
      }
      ASSERT_EQ(name(level), name(warning.to)) << ran.full()[0];
    }
  }
}

}  // namespace
}  // namespace lianqing
