#include "engine/sort_by_time.h"

#include <gtest/gtest.h>

#include <tuple>

#include "tests/support/random.h"

namespace lianqing {
namespace {

struct Timed {
  Instant time;
  std::uint32_t rank = 0;
  friend bool operator==(const Timed&, const Timed&) = default;
};

std::vector<Timed> sorted(std::vector<Timed> all) {
  std::stable_sort(all.begin(), all.end(), [](const Timed& a, const Timed& b) {
    return std::tie(a.time, a.rank) < std::tie(b.time, b.rank);
  });
  return all;
}

void expect_sorted(std::vector<Timed> all) {
  const std::vector<Timed> expected = sorted(all);
  sort_by_time(all, [](const Timed& a, const Timed& b) { return a.rank < b.rank; });
  ASSERT_EQ(all, expected);
}

TEST(SortByTime, FewAndNone) {
  expect_sorted({});
  expect_sorted({{instant(5), 1}});
  expect_sorted({{instant(5), 1}, {instant(-7), 2}, {instant(5), 0}});
}

TEST(SortByTime, AnySpanOfTime) {
  Random random(7);
  for (const std::size_t span : {std::size_t{1}, std::size_t{2}, std::size_t{100},
                                 std::size_t{1'000'000}, std::size_t{1} << 60}) {
    std::vector<Timed> all;
    for (std::uint32_t i = 0; i < 5000; ++i) {
      const auto far = static_cast<std::int64_t>(random.index(span));
      all.push_back({instant(far - static_cast<std::int64_t>(span / 2)), 5000 - i});
    }
    expect_sorted(all);
  }
}

TEST(SortByTime, MostAtOneInstantAndOneFarAway) {
  std::vector<Timed> all;
  for (std::uint32_t i = 0; i < 1000; ++i) all.push_back({instant(1'000'000), i * 7919U % 1000U});
  all.push_back({instant(std::int64_t{1} << 62), 0});
  all.push_back({instant(-(std::int64_t{1} << 62)), 0});
  expect_sorted(all);
}

}  // namespace
}  // namespace lianqing
