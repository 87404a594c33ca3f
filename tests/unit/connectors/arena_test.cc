#include "connectors/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lianqing {
namespace {

TEST(Arena, CopiesOutliveTheirOriginal) {
  Arena arena;
  std::string text = "近30日投诉";
  const std::string_view copy = arena.copy(text);
  text.assign(text.size(), 'x');
  EXPECT_EQ(copy, "近30日投诉");
  EXPECT_TRUE(arena.copy("").empty());
}

TEST(Arena, ArraysAreAligned) {
  Arena arena;
  const std::vector<std::int64_t> values = {1, -2, 3};
  for (int i = 0; i < 1000; ++i) {
    arena.bytes(static_cast<std::size_t>(i) % 7 + 1);
    const auto copy = arena.copy(std::span<const std::int64_t>(values));
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(copy.data()) % alignof(std::int64_t), 0U);
    ASSERT_EQ(copy[1], -2);
  }
}

TEST(Arena, PiecesNeverOverlap) {
  Arena arena;
  std::vector<std::span<char>> pieces;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = i * 7919 % 1500 + (i % 97 == 0 ? 300'000 : 0);
    char* const bytes = arena.bytes(size, std::size_t{1} << (i % 4));
    std::fill_n(bytes, size, static_cast<char>(i));
    pieces.emplace_back(bytes, size);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (const char c : pieces[i]) ASSERT_EQ(c, static_cast<char>(i));
  }
}

TEST(Arena, ResetKeepsBlocksAndReusesThem) {
  Arena arena;
  const auto fill = [&arena] {
    for (int i = 0; i < 1000; ++i) arena.bytes(1000);
  };
  fill();
  const std::size_t held = arena.held();
  EXPECT_EQ(arena.used(), 1'000'000U);
  for (int round = 0; round < 5; ++round) {
    arena.reset();
    EXPECT_EQ(arena.used(), 0U);
    fill();
    EXPECT_EQ(arena.held(), held);
  }
}

TEST(Arena, ALargePieceDoesNotStayAfterReset) {
  Arena arena;
  char* const small = arena.bytes(10);
  arena.bytes(10 * Arena::kBlockBytes);
  EXPECT_EQ(arena.bytes(1), small + 10) << "the current block goes on after a large piece";
  EXPECT_EQ(arena.held(), 11 * Arena::kBlockBytes);
  arena.reset();
  EXPECT_EQ(arena.held(), Arena::kBlockBytes);
}

TEST(Arena, MovingKeepsWhatWasHandedOut) {
  Arena arena;
  const std::string_view text = arena.copy("kept");
  Arena moved = std::move(arena);
  EXPECT_EQ(text, "kept");
  EXPECT_EQ(moved.used(), 4U);
  Arena assigned;
  assigned.copy("dropped");
  assigned = std::move(moved);
  EXPECT_EQ(text, "kept");
  EXPECT_EQ(assigned.used(), 4U);
}

}  // namespace
}  // namespace lianqing
