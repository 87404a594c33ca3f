#include "cli/serve/warning_text.h"

#include <gtest/gtest.h>

#include "cli/warning_json.h"

namespace lianqing {
namespace {

// A warning whose texts try to look like members.
std::string text(bool shadow) {
  Warning warning;
  warning.id = "w-1";
  warning.unit = "u\",\"to\":\"red\",\"time\":\"x";
  warning.rule = "r";
  warning.title = {"\",\"time\":\"1970\"", "\\"};
  warning.key = ",\"to\":\"green\"";
  warning.to = Level::yellow;
  warning.shadow = shadow;
  warning.rules = "5a67";
  warning.time = *parse_rfc3339("2026-03-05T02:00:00Z");
  return to_json(warning, Program());
}

TEST(WarningText, ReadsTheHeadOfWhatWeWrite) {
  for (const bool shadow : {false, true}) {
    const std::string json = text(shadow);
    const auto read = read_warning_text(json);
    ASSERT_TRUE(read) << json;
    EXPECT_EQ(read->id, "w-1");
    EXPECT_EQ(read->rule, "\"r\"");
    EXPECT_EQ(read->to, "yellow");
    EXPECT_EQ(read->time, "2026-03-05T02:00:00Z");
    EXPECT_EQ(read->shadow, shadow);
    EXPECT_EQ(read->rules, "5a67");
  }
  for (const char* bad :
       {"", "{}", "{\"id\":\"a\"", "{\"id\":\"a\",\"unit\":\"b\",\"rule\":\"c\"}"}) {
    EXPECT_FALSE(read_warning_text(bad)) << bad;
  }
}

TEST(WarningText, KnowsWhatNewRulesSawInThePast) {
  std::string json = text(true);
  EXPECT_FALSE(read_warning_text(json)->backfilled);
  const std::string cause = R"(,"cause":")";
  const std::size_t end = json.find(',', json.find(cause) + cause.size());
  json.insert(end, R"(,"backfilled":true)");
  EXPECT_TRUE(read_warning_text(json)->backfilled);
  EXPECT_TRUE(read_warning_text(json)->shadow);
}

TEST(WarningText, FiltersByUnitRuleLevelAndTime) {
  const std::string json = text(false);
  const auto read = *read_warning_text(json);
  EXPECT_TRUE(WarningFilter().takes(read));
  EXPECT_TRUE(WarningFilter::of("u\",\"to\":\"red\",\"time\":\"x", "r").takes(read));
  EXPECT_FALSE(WarningFilter::of("u", std::nullopt).takes(read));
  EXPECT_FALSE(WarningFilter::of(std::nullopt, "s").takes(read));
  WarningFilter filter;
  filter.level = "red";
  EXPECT_FALSE(filter.takes(read));
  filter.level = "yellow";
  filter.since = parse_rfc3339("2026-03-05T02:00:00Z");
  EXPECT_TRUE(filter.takes(read));
  filter.since = *filter.since + Duration{1};
  EXPECT_FALSE(filter.takes(read));
}

}  // namespace
}  // namespace lianqing
