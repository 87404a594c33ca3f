#include "engine/warning_id.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

// The id as docs/formats.md defines it, of the whole text at once.
std::string expected(const std::string& text) { return "w-" + hex(sha256(text)).substr(0, 32); }

TEST(WarningId, IsTheDigestOfWhatItMeans) {
  for (const std::size_t length : {0U, 3U, 31U, 32U, 200U, 1000U}) {
    Warning warning;
    warning.rules = std::string(64, 'a');
    warning.unit = std::string(length, 'u');
    warning.rule = "R01";
    warning.time = instant(1'640'995'200'000'000);
    warning.to = Level::yellow;
    const std::string start =
        "lianqing-warning/1\n" + warning.rules + "\n" + warning.unit + "\nR01\n";
    EXPECT_EQ(warning_id(warning), expected(start + "-\n1640995200000000\nyellow"));
    warning.key = "north";
    EXPECT_EQ(warning_id(warning), expected(start + "knorth\n1640995200000000\nyellow"));
    warning.key = "";
    EXPECT_EQ(warning_id(warning), expected(start + "k\n1640995200000000\nyellow"));
  }
}

TEST(WarningId, OfOneUnitAndRuleAreAsIfMadeAlone) {
  const WarningIds ids(std::string(64, 'a'));
  WarningIds::Stem stem;
  const std::string key = "north";
  for (const std::string* of : {&key, static_cast<const std::string*>(nullptr), &key}) {
    for (const std::string_view unit : {"u1", "a longer name of a unit", ""}) {
      stem.set(unit, "R01", of);
      for (const Instant t : {instant(1'640'995'200'000'000), kBeforeAll, instant(0), kNever}) {
        for (const Level to : {Level::yellow, Level::red, Level::green}) {
          std::string text;
          WarningIds::write(ids.id(stem, t, to), text);
          EXPECT_EQ(text, expected("lianqing-warning/1\n" + std::string(64, 'a') + "\n" +
                                   std::string(unit) + "\nR01\n" + (of ? "k" + *of : "-") + "\n" +
                                   std::to_string(micros(t)) + "\n" + std::string(name(to))));
        }
      }
    }
  }
}

TEST(Sha256Start, IsTheDigestOfBothParts) {
  const std::string text(300, 'x');
  for (std::size_t i = 0; i <= text.size(); ++i) {
    EXPECT_EQ(Sha256Start(text.substr(0, i)).with(text.substr(i)), sha256(text)) << i;
  }
}

}  // namespace
}  // namespace lianqing
