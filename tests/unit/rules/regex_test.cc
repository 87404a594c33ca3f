#include "rules/regex.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(Regex, NamesWhatIsWrong) {
  EXPECT_EQ(regex_error("^A[0-9]+$"), std::nullopt);
  EXPECT_EQ(regex_error(""), std::nullopt);
  EXPECT_EQ(regex_error("("), "missing ): (");
  EXPECT_TRUE(regex_error("a(?=b)"));  // no look-ahead in RE2
  EXPECT_TRUE(regex_error("\xff"));
}

TEST(Regex, MatchesAnywhere) {
  const PatternSet set({"^A", "诉$", "b+"});
  EXPECT_TRUE(set.matches(0, "A1"));
  EXPECT_FALSE(set.matches(0, "1A"));
  EXPECT_TRUE(set.matches(1, "投诉"));
  EXPECT_TRUE(set.matches(2, "abba"));
  EXPECT_FALSE(set.matches(2, ""));
}

TEST(Regex, MovesLikeAValue) {
  PatternSet first({"x"});
  PatternSet second = std::move(first);
  EXPECT_TRUE(second.matches(0, "x"));
  second = PatternSet({"y"});
  EXPECT_FALSE(second.matches(0, "x"));
}

}  // namespace
}  // namespace lianqing
