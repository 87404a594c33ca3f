// Windows against recomputation from scratch: random arrivals (in order, late, ahead), removals and
// moves of the clock; after each step every window must hold exactly what its bounds say.
#include "engine/series.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace lianqing {
namespace {

Program program_with_windows() {
  Program program;
  program.zone.name = "Test/Shifted";
  // One hour forward in summer, so that days of 23 and 25 hours occur.
  program.zone.changes = {{kBeforeAll, Duration{3'600'000'000}},
                          {*parse_rfc3339("2026-03-29T01:00:00Z"), Duration{7'200'000'000}},
                          {*parse_rfc3339("2026-10-25T01:00:00Z"), Duration{3'600'000'000}}};
  program.streams.emplace_back();
  const auto add = [&](WindowSpan span) {
    program.windows.push_back({0, span, kKeepSum | kKeepSorted | kKeepGroups});
  };
  using Kind = WindowSpan::Kind;
  add({Kind::all, {}, {}, Period::day, 0, false});
  add({Kind::sliding, days(3), Duration{0}, Period::day, 0, false});
  add({Kind::sliding, days(2), days(5), Period::day, 0, false});
  add({Kind::calendar, {}, {}, Period::day, 0, false});
  add({Kind::calendar, {}, {}, Period::month, 1, false});
  add({Kind::calendar, {}, {}, Period::month, 1, true});
  add({Kind::calendar, {}, {}, Period::week, 2, true});
  add({Kind::calendar, {}, {}, Period::quarter, 0, false});
  return program;
}

class Recomputed {
 public:
  void add(const Sample& sample) { samples_[{sample.time, sample.seq}] = sample; }
  void remove(Instant time, Seq seq) { samples_.erase({time, seq}); }
  std::vector<Sample> inside(const Bounds& at) const {
    std::vector<Sample> out;
    for (const auto& [where, sample] : samples_) {
      if (sample.time > at.low && sample.time <= at.high) out.push_back(sample);
    }
    return out;
  }
  std::vector<Sample> all() const {
    std::vector<Sample> out;
    for (const auto& [where, sample] : samples_) out.push_back(sample);
    return out;
  }

 private:
  std::map<std::pair<Instant, Seq>, Sample> samples_;
};

void expect_agreement(const Program& program, const Series& series, const Recomputed& oracle,
                      Instant t) {
  for (std::size_t w = 0; w < series.windows.size(); ++w) {
    const auto expected = oracle.inside(bounds(program, program.windows[w].span, t));
    const auto found = series.inside(w);
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), found.begin(), found.end()))
        << "window " << w << " at " << format_rfc3339(t) << ": " << found.size()
        << " samples, expected " << expected.size();
    Wide sum = 0;
    std::map<std::int64_t, std::size_t> groups;
    for (const Sample& sample : expected) {
      sum += Wide{sample.value.num} * 1'000'000;
      ++groups[sample.value.num];
    }
    const WindowState& state = series.states[w];
    ASSERT_TRUE(state.sum == sum) << "window " << w;
    ASSERT_EQ(state.groups ? state.groups->distinct() : 0, groups.size()) << "window " << w;
    std::size_t top = 0;
    for (const auto& [value, n] : groups) top = std::max(top, n);
    ASSERT_EQ(state.groups ? state.groups->top() : 0, top) << "window " << w;
    ASSERT_EQ(state.sorted ? state.sorted->size() : 0, expected.size());
    ASSERT_TRUE(!state.sorted ||
                std::is_sorted(state.sorted->begin(), state.sorted->end(),
                               [](const Cell& a, const Cell& b) { return a.num < b.num; }));
  }
}

void run(unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<unsigned long>(n));
  };
  const Program program = program_with_windows();
  Series series;
  series.stream = 0;
  for (std::uint32_t w = 0; w < program.windows.size(); ++w) series.windows.push_back(w);
  series.states.resize(series.windows.size());
  Recomputed oracle;
  Instant t = *parse_rfc3339("2026-01-30T12:00:00Z");
  Moved moved;
  for (Seq seq = 0; seq < 400; ++seq) {
    // To the next record, through every due instant on the way.
    const Instant next = t + Duration{below(3) == 0 ? 0 : below(days(2).count())};
    while (series.due < next) {
      const Instant due = series.due;
      ASSERT_GT(due, t);
      advance(program, series, due, moved);
      expect_agreement(program, series, oracle, due);
      t = due;
    }
    t = next;
    advance(program, series, t, moved);
    if (below(6) == 0 && !oracle.all().empty()) {
      const auto all = oracle.all();
      const Sample victim =
          all[static_cast<std::size_t>(below(static_cast<std::int64_t>(all.size())))];
      oracle.remove(victim.time, victim.seq);
      ASSERT_TRUE(erase(program, series, victim.time, victim.seq, t, moved));
    } else {
      const Duration late{below(4) == 0 ? below(days(70).count()) : 0};
      const Sample sample{t - late, seq, Cell{CellTag::number, 1, below(5)}};
      oracle.add(sample);
      insert(program, series, sample, kFullWeight, t, moved);
    }
    expect_agreement(program, series, oracle, t);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(SeriesProperty, EqualsRecomputation) {
  for (unsigned seed = 1; seed <= 60 && !HasFatalFailure(); ++seed) run(seed);
}

}  // namespace
}  // namespace lianqing
