// The newest record at an instant is the one that a sorted list has, however late records come.
#include "engine/log_clocks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/random.h"

namespace lianqing {
namespace {

Instant at(std::int64_t second) { return instant(second * 1'000'000); }

TEST(LogClocks, HaveNothingOfAnEmptyLog) {
  LogClocks clocks;
  clocks.finish(at(5));
  EXPECT_TRUE(clocks.empty());
  EXPECT_EQ(clocks.newest_at(kNever), std::nullopt);
  std::size_t passed = 0;
  EXPECT_EQ(clocks.newest_at(kNever, passed), std::nullopt);
  EXPECT_EQ(clocks.cut(kBeforeAll, 3, at(9)), at(9));
}

TEST(LogClocks, AreThoseOfASortedList) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    LogClocks clocks;
    std::vector<std::pair<Instant, std::uint32_t>> all;
    std::int64_t now = random.below(100'000) - 50'000;
    const std::int64_t size = 1 + random.below(round % 10 == 0 ? 5'000 : 100);
    for (std::uint32_t number = 0; number < size; ++number) {
      now += random.one_in(50) ? random.below(1'000'000) : random.below(3);
      const std::int64_t late = random.one_in(4) ? random.below(2'000) : 0;
      all.emplace_back(at(now - late), number);
      clocks.add(all.back().first, number);
    }
    std::sort(all.begin(), all.end());
    EXPECT_EQ(clocks.newest(), all.back().first);
    std::optional<Instant> until;
    if (random.one_in(2)) {
      until = at(now - random.below(200));
      std::erase_if(all, [&](const auto& one) { return one.first > *until; });
    }
    clocks.finish(until);
    ASSERT_EQ(clocks.empty(), all.empty());
    if (all.empty()) continue;
    EXPECT_EQ(clocks.first(), all.front().first);
    const auto behind = [&](Instant t) {
      return std::upper_bound(all.begin(), all.end(), std::pair(t, UINT32_MAX));
    };
    for (int i = 0; i < 200; ++i) {
      const Instant extreme = random.one_in(2) ? kBeforeAll : kNever;
      const Duration off{(random.below(3) - 1) * 1'000'000};
      const Instant t = random.one_in(20) ? extreme : all[random.index(all.size())].first + off;
      const auto next = behind(t);
      const std::optional<std::uint32_t> expected =
          next == all.begin() ? std::nullopt : std::optional(std::prev(next)->second);
      ASSERT_EQ(clocks.newest_at(t), expected);
      const auto records = static_cast<std::ptrdiff_t>(random.below(20));
      const Instant cut = all.end() - next > records ? next[records].first : kNever;
      ASSERT_EQ(clocks.cut(t, static_cast<std::size_t>(records), kNever), cut);
    }
    std::vector<Instant> rising(50);
    for (Instant& t : rising) t = all[random.index(all.size())].first + Duration{random.below(9)};
    if (random.one_in(2)) rising.push_back(kBeforeAll);
    rising.push_back(kNever);
    std::sort(rising.begin(), rising.end());
    std::size_t passed = 0;
    for (const Instant t : rising) ASSERT_EQ(clocks.newest_at(t, passed), clocks.newest_at(t));
  }
}

}  // namespace
}  // namespace lianqing
