#include "rules/suggest.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(Suggest, CountsEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("count", "count"), 0U);
  EXPECT_EQ(edit_distance("cuont", "count"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("averge", "average"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("投诉量", "投诉数"), 1U);  // a character, not three bytes
  EXPECT_EQ(edit_distance("ca", "abc"), 3U);
}

TEST(Suggest, FindsTheNearest) {
  const std::vector<std::string> names = {"average",    "count",        "sum",
                                          "近30日投诉", "surge_yellow", "黄线"};
  EXPECT_EQ(nearest_name("averge", names), "average");
  EXPECT_EQ(nearest_name("cuont", names), "count");
  EXPECT_EQ(nearest_name("COUNT", names), "count");
  EXPECT_EQ(nearest_name("近30天投诉", names), "近30日投诉");
  EXPECT_EQ(nearest_name("红线", names), "黄线");
  EXPECT_EQ(nearest_name("surge", names), "surge_yellow");  // the only one that begins so
  EXPECT_EQ(nearest_name("nothing", names), std::nullopt);
  EXPECT_EQ(nearest_name("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest_name("", names), std::nullopt);
  EXPECT_EQ(nearest_name("count", {"count"}), std::nullopt);
  EXPECT_EQ(nearest_name("count", {}), std::nullopt);
}

TEST(Suggest, TiesGoToTheFirstInByteOrder) {
  EXPECT_EQ(nearest_name("line_c", {"line_b", "line_a"}), "line_a");
  EXPECT_EQ(nearest_name("surge", {"surge_red_line", "surge_yellow_line"}), std::nullopt);
}

TEST(Suggest, LongWordsAreNoSlips) {
  EXPECT_EQ(nearest_name(std::string(5000, 'a'), {std::string(4999, 'a')}), std::nullopt);
}

}  // namespace
}  // namespace lianqing
