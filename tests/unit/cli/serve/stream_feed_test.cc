#include "cli/serve/stream_feed.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

std::vector<Positioned> warnings(std::uint64_t from, std::uint64_t to) {
  std::vector<Positioned> out;
  for (; from <= to; ++from) out.emplace_back(from, std::to_string(from));
  return out;
}

TEST(StreamFeed, GivesWhatIsBehindAPositionPageByPage) {
  StreamFeed feed;
  EXPECT_EQ(feed.behind(0), std::vector<Positioned>{});
  feed.add(warnings(1, 300));
  EXPECT_EQ(feed.head(), 300U);
  EXPECT_EQ(feed.behind(0), warnings(1, StreamFeed::kPage));
  EXPECT_EQ(feed.behind(299), warnings(300, 300));
  EXPECT_EQ(feed.behind(300), std::vector<Positioned>{});
  EXPECT_EQ(feed.behind(400), std::vector<Positioned>{});
}

TEST(StreamFeed, SaysWhenItHasForgotten) {
  StreamFeed feed;
  feed.add(warnings(1, StreamFeed::kKept + 10));
  EXPECT_EQ(feed.behind(9), std::nullopt);
  EXPECT_EQ(feed.behind(10)->front().first, 11U);
  feed.restart(500, 600);
  EXPECT_EQ(feed.first(), 500U);
  EXPECT_EQ(feed.behind(599), std::nullopt);
  EXPECT_EQ(feed.behind(600), std::vector<Positioned>{});
  feed.add(warnings(601, 602));
  EXPECT_EQ(feed.behind(600), warnings(601, 602));
}

}  // namespace
}  // namespace lianqing
