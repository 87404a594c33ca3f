#include "cli/serve/source_times.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(SourceTimes, GoAroundAndRefuseWhatIsMalformed) {
  SourceTimes times;
  times.heard("/a", instant(5));
  times.heard("/b", instant(-7));
  times.heard("/a", instant(9));
  const std::string bytes = times.encode();
  const auto again = SourceTimes::decode(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->all(), times.all());
  EXPECT_EQ(again->all().at("/a"), instant(9));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const auto part = SourceTimes::decode(std::string_view(bytes).substr(0, cut));
    EXPECT_TRUE(!part || part->all().size() < 2) << cut;
  }
}

TEST(SourceTimes, ForgetTheSourceHeardFromLongestAgo) {
  SourceTimes times;
  for (std::size_t i = 0; i < SourceTimes::kMost; ++i) {
    times.heard("/" + std::to_string(i), instant(static_cast<std::int64_t>(i)));
  }
  times.heard("/0", instant(1'000'000));
  times.heard("/new", instant(1'000'001));
  EXPECT_EQ(times.all().size(), SourceTimes::kMost);
  EXPECT_TRUE(times.all().contains("/0"));
  EXPECT_FALSE(times.all().contains("/1"));
}

}  // namespace
}  // namespace lianqing
