#include "cli/serve/seal.h"

#include <gtest/gtest.h>

#include <set>

namespace lianqing {
namespace {

TEST(Seal, WhatWasClosedIsKnownAgain) {
  const Seal seal("a key"), other("another key");
  std::set<std::uint64_t> closed;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t one = seal.close(i);
    EXPECT_EQ(seal.open(one), i);
    EXPECT_NE(other.open(one), i);
    closed.insert(one);
  }
  EXPECT_EQ(closed.size(), 1000U);
  EXPECT_LT(*closed.rbegin(), std::uint64_t{1} << 52);
  EXPECT_EQ(seal.open(seal.close(Seal::kMost)), Seal::kMost);
  EXPECT_EQ(seal.open(UINT64_MAX), UINT64_MAX);
  // Neighbours are not told from strangers: about half lie in the upper half.
  const auto high = std::distance(closed.lower_bound(std::uint64_t{1} << 51), closed.end());
  EXPECT_GT(high, 400);
  EXPECT_LT(high, 600);
}

TEST(Seal, TheSameNumberLooksNewEachTime) {
  const Seal seal("a key");
  std::set<std::uint64_t> closed;
  for (int i = 0; i < 100; ++i) closed.insert(seal.close(7));
  EXPECT_GT(closed.size(), 80U);
}

TEST(Seal, IdsOfWarnings) {
  const Seal seal("a key");
  const std::string id = "w-0123456789abcdef0123456789abcdef", closed = seal.close_id(id);
  EXPECT_EQ(closed.size(), id.size());
  EXPECT_NE(closed, id);
  EXPECT_EQ(seal.open_id(closed), id);
  for (const std::string none : {"", "w-", "w-0123", "w-0123456789ABCDEF0123456789abcdef", "x"}) {
    EXPECT_EQ(seal.close_id(none), none);
    EXPECT_EQ(seal.open_id(none), none);
  }
  EXPECT_EQ(
      seal.close_ids(R"({"id":")" + id + R"(","cases":["w-12",")" + id + R"("],"unit":"w-"})"),
      R"({"id":")" + closed + R"(","cases":["w-12",")" + closed + R"("],"unit":"w-"})");
}

}  // namespace
}  // namespace lianqing
