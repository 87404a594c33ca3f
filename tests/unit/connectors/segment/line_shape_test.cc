// What is cut is put together again byte for byte; values are found where they are of a kind that
// gives back their spelling, and left as they stand where they are not.
#include "connectors/segment/line_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace lianqing {
namespace {

using testing::ElementsAre;

std::string together(const LineShape& shape) {
  std::string out;
  std::size_t hole = 0;
  for (std::size_t at = 0; at < shape.skeleton.size(); ++at) {
    if (shape.skeleton[at] != '\0') {
      out += shape.skeleton[at];
      continue;
    }
    append_hole(out, shape.holes.at(hole++));
    ++at;
  }
  EXPECT_EQ(hole, shape.holes.size());
  return out;
}

std::vector<HoleKind> kinds(const LineShape& shape) {
  std::vector<HoleKind> out;
  for (const Hole& hole : shape.holes) out.push_back(hole.kind);
  return out;
}

TEST(LineShape, CutsAnEvent) {
  const std::string line =
      R"({ "id":"a-7","type":"t" , "time":"2026-03-05T10:00:00.250+08:00","data":)"
      R"({"n":-12,"d":0.50,"yes":true,"none":null,"in":{"text":"x\"y"},"list":[1,{"a":"]"}]}})";
  LineShape shape;
  ASSERT_TRUE(cut_line(line, shape));
  EXPECT_EQ(together(shape), line);
  EXPECT_THAT(kinds(shape),
              ElementsAre(HoleKind::text, HoleKind::time, HoleKind::integer, HoleKind::decimal,
                          HoleKind::boolean, HoleKind::text, HoleKind::raw));
  EXPECT_THAT(hole_paths(shape.skeleton),
              ElementsAre("id", "time", "data\x1fn",
                          "data\x1f"
                          "d",
                          "data\x1fyes", "data\x1fin\x1ftext", "data\x1flist"));
  EXPECT_EQ(shape.holes[1].value, micros(*parse_rfc3339("2026-03-05T02:00:00.25Z")));
  EXPECT_EQ(shape.holes[3].value, 50);
}

TEST(LineShape, SpellingsOfTheirOwnStayAsTheyStand) {
  for (const char* number : {"1e3", "-0", "-0.0", "1234567890123456789", "0.5e1", "1.50", "0",
                             "-7.1", "123456789012345678", "0.000001"}) {
    const std::string line = std::string(R"({"n":)") + number + "}";
    LineShape shape;
    ASSERT_TRUE(cut_line(line, shape)) << line;
    EXPECT_EQ(together(shape), line);
  }
  for (const char* time :
       {"2026-03-05T10:00:00Z", "2026-03-05 10:00:00Z", "2026-03-05t10:00:00z",
        "2026-12-31T23:59:60Z", "2026-03-05T10:00:00.1234567Z", "2026-03-05T10:00:00.000000-00:00",
        "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T10:00:00Z",
        "2026-03-05T10:00:00.5+05:30", "2026-03-05T10:00:00.Z",
        "1969-07-20T20:17:40.999999-12:00"}) {
    const std::string line = std::string(R"({"time":")") + time + R"("})";
    LineShape shape;
    ASSERT_TRUE(cut_line(line, shape)) << line;
    EXPECT_EQ(together(shape), line);
  }
}

TEST(LineShape, RefusesWhatIsNoSuchLine) {
  LineShape shape;
  for (const char* line : {"", "[]", "x", "{", R"({"a")", R"({"a":)", R"({"a":"b)", R"({"a":[1})",
                           R"({"a":1,})", R"({"a":1}x)", R"({a:1})"}) {
    EXPECT_FALSE(cut_line(line, shape)) << line;
  }
}

// Lines made of pieces that matter to the cutter, mostly no JSON at all.
TEST(LineShape, WhateverIsCutIsPutTogetherAgain) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           ":",
                                           "\"",
                                           "\\",
                                           "\"a\"",
                                           "\"type\"",
                                           "12",
                                           "-3.40",
                                           "1e5",
                                           "true",
                                           "null",
                                           "false",
                                           " ",
                                           "\"2026-03-05T10:00:00Z\"",
                                           std::string(1, '\0'),
                                           "\"data\":{",
                                           "\"x\":",
                                           "\"7\"",
                                           "\"\"",
                                           "\t"};
  std::size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string line = "{";
    for (auto n = random() % 9; n > 0; --n) {
      if (random() % 3 != 0) line += "\"k" + std::to_string(random() % 3) + "\":";
      line += pieces[random() % pieces.size()];
      if (random() % 2 != 0) line += ",";
    }
    if (line.ends_with(',')) line.pop_back();
    line += "}";
    LineShape shape;
    if (!cut_line(line, shape)) continue;
    ++taken;
    ASSERT_EQ(together(shape), line);
    ASSERT_EQ(hole_paths(shape.skeleton).size(), shape.holes.size()) << line;
  }
  EXPECT_GT(taken, 1000U);
}

}  // namespace
}  // namespace lianqing
