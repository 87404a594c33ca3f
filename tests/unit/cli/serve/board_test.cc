#include "cli/serve/board.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

UnitColour colour(Level shown, bool grey = false) {
  UnitColour out;
  out.shown = shown;
  out.grey = grey;
  return out;
}

std::vector<std::string> all_levels(const Board& board) {
  return board.levels([](const std::string&) { return true; });
}

TEST(Board, CountsTheColoursShownWhateverTheLevels) {
  Board board;
  board.meet("a");
  board.meet_registered({"b", {}});
  board.place("a", "r", "", {Level::red, Instant{}, false});
  EXPECT_EQ(board.of_colour(Level::green), 2U);
  board.paint("a", colour(Level::yellow, true));
  board.paint("c", colour(Level::green, true));
  EXPECT_EQ(board.of_colour(Level::green), 2U);
  EXPECT_EQ(board.of_colour(Level::yellow), 1U);
  EXPECT_EQ(board.grey(), 2U);
  board.paint("a", colour(Level::red));
  EXPECT_EQ(board.of_colour(Level::yellow), 0U);
  EXPECT_EQ(board.of_colour(Level::red), 1U);
  EXPECT_EQ(board.grey(), 1U);
  EXPECT_TRUE(board.units().at("b").registered);
}

TEST(Board, NamesUnitsAsTheRegisterDoes) {
  Board board;
  board.meet_registered({"a",
                         {{"name_zh", Fact(std::string("某局"))},
                          {"name_en", Fact(std::string("A bureau"))},
                          {"staff_count", Fact(Number::ratio(9, 1))}}});
  board.meet_registered({"b", {{"name", Fact(std::string("另一局"))}}});
  EXPECT_EQ(board.units().at("a").name.zh, "某局");
  EXPECT_EQ(board.units().at("a").name.en, "A bureau");
  EXPECT_EQ(board.units().at("b").name.zh, "另一局");
  EXPECT_TRUE(board.units().at("b").name.en.empty());
}

TEST(Board, TheSnapshotHasLevelsAboveGreenWithoutThoseOnTrial) {
  Board board;
  board.place("a", "r", "k", {Level::red, Instant{}, false});
  board.place("a", "s", "", {Level::yellow, Instant{}, true});
  EXPECT_EQ(all_levels(board),
            std::vector<std::string>{R"({"unit":"a","rule":"r","key":"k","level":"red",)"
                                     R"("since":"1970-01-01T00:00:00Z"})"});
  board.place("a", "r", "k", {Level::green, Instant{}, false});
  EXPECT_TRUE(all_levels(board).empty());
}

TEST(Board, KnowsWhatIsBelow) {
  Board board;
  board.meet_registered({"a", {}});
  board.meet_registered({"b", {{"parent", std::string("a")}}});
  board.meet_registered({"c", {{"parent", std::string("b")}}});
  board.meet_registered({"d", {}});
  using Ids = std::set<std::string, std::less<>>;
  EXPECT_EQ(board.sub_trees({"a"}), (Ids{"a", "b", "c"}));
  EXPECT_EQ(board.sub_trees({"c", "d"}), (Ids{"c", "d"}));
  const std::uint64_t before = board.tree_version();
  board.put_below("b", "d");
  EXPECT_GT(board.tree_version(), before);
  EXPECT_EQ(board.sub_trees({"a"}), (Ids{"a"}));
  EXPECT_EQ(board.sub_trees({"d"}), (Ids{"b", "c", "d"}));
  board.put_below("d", "c");  // a circle
  EXPECT_EQ(board.sub_trees({"d"}), (Ids{"b", "c", "d"}));
  EXPECT_EQ(board.sub_trees({"nobody"}), (Ids{"nobody"}));
}

}  // namespace
}  // namespace lianqing
