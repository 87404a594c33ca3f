#include "connectors/sources/line_cutter.h"

#include <gtest/gtest.h>

#include <vector>

namespace lianqing {
namespace {

std::vector<std::string> lines(LineCutter& cutter) {
  std::vector<std::string> out;
  while (const auto line = cutter.next()) out.emplace_back(line->bytes);
  return out;
}

TEST(LineCutter, GivesWholeLinesHoweverTheyAreCut) {
  const std::string text = "one\ntwo\r\n\nthree\nfour";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    LineCutter cutter(100);
    std::vector<std::string> all;
    std::uint64_t end = 100;
    for (std::size_t at = 0; at < text.size(); at += size) {
      cutter.add(std::string_view(text).substr(at, size));
      while (const auto line = cutter.next()) {
        EXPECT_EQ(line->begin, end);
        end = line->end;
        all.emplace_back(line->bytes);
      }
    }
    EXPECT_EQ(all, (std::vector<std::string>{"one", "two", "", "three"}));
    EXPECT_EQ(cutter.added_to(), 100 + text.size());
    ASSERT_TRUE(cutter.has_rest());
    const auto rest = cutter.rest();
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->bytes, "four");
    EXPECT_EQ(rest->end, 100 + text.size());
    EXPECT_FALSE(cutter.rest());
  }
}

TEST(LineCutter, KeepsTheBeginningOfALineThatIsTooLong) {
  LineCutter cutter;
  cutter.add("a\n");
  for (int i = 0; i < 40; ++i) {
    cutter.add(std::string(100'000, 'x'));
    if (i == 0)
      EXPECT_EQ(lines(cutter), (std::vector<std::string>{"a"}));
    else
      EXPECT_TRUE(lines(cutter).empty());
  }
  cutter.add("y\nb\n");
  const auto line = cutter.next();
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->too_long);
  EXPECT_EQ(line->bytes, std::string(kMaxRejectedBytes, 'x'));
  EXPECT_EQ(line->begin, 2U);
  EXPECT_EQ(line->end, 2U + 4'000'000 + 2);
  EXPECT_EQ(lines(cutter), (std::vector<std::string>{"b"}));
}

}  // namespace
}  // namespace lianqing
