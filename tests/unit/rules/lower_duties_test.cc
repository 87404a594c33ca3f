#include <gtest/gtest.h>

#include "rules/canonical.h"
#include "rules/lower.h"
#include "tests/support/compiled.h"

namespace lianqing {
namespace {

constexpr const char* kPack = R"yaml(version: 1
pack: {id: p, calendar: cn}
params: {sign_in: 2 workdays, watch: 30d, last: 21, upper: 0.6}
colours:
  green: {label: {zh: 绿, en: Green}, symbol: "●"}
  yellow: {label: {zh: 黄, en: Yellow}, meaning: {zh: 提醒, en: Reminder}, symbol: "◆"}
  extra:
    orange: {base: yellow, label: {zh: 橙, en: Orange}}
    blue: {base: green, label: {zh: 蓝, en: Blue}, symbol: "○"}
  flapping: {window: last, high: upper, low: 0.1}
duties:
  standard:
    title: {zh: 一般职责, en: Standard duty}
    yellow:
      steps: [{name: sign, title: {zh: 签收, en: Sign}, role: unit_head, within: sign_in},
              {name: finish, role: 分管领导, within: 15 workdays}]
      observe: watch
      extension: 10 workdays
    red: {triage: true, observe: 60d}
    ladder: [{name: parent, role: parent_unit, after: 3 workdays},
             {name: chase, title: 催办, role: handler, after: 0 workdays}]
sources:
  "/letters": {silent_after: watch}
  "/hotline/12345": {title: {zh: 热线, en: Hotline}, silent_after: 3 workdays}
measures: {n: {count: a}}
rules:
  r: {duty: standard, show: {yellow: blue, red: orange}, yellow: "n > 1", red: "n > 2"}
  s: {yellow: "n > 3"}
)yaml";

TEST(LowerDuties, Colours) {
  const auto program = compile(kPack);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->labels[1].label.zh, "黄");
  EXPECT_EQ(program->labels[1].meaning.en, "Reminder");
  EXPECT_EQ(program->labels[0].symbol, "●");
  EXPECT_TRUE(program->labels[2].label.empty());
  ASSERT_EQ(program->shades.size(), 2U);
  EXPECT_EQ(program->shades[0].name, "blue");
  EXPECT_EQ(program->shades[0].base, Level::green);
  EXPECT_EQ(program->shades[1].base, Level::yellow);
  const Rule& r = rule(*program, "r");
  EXPECT_EQ(r.shown_as[0], kNone);
  EXPECT_EQ(r.shown_as[1], 0U);
  EXPECT_EQ(r.shown_as[2], 1U);
  EXPECT_EQ(rule(*program, "s").shown_as[1], kNone);
  EXPECT_EQ(program->flapping.window, 21);
  EXPECT_EQ(program->flapping.high, Number::ratio(3, 5));
  EXPECT_EQ(program->flapping.low, Number::ratio(1, 10));
}

TEST(LowerDuties, Duties) {
  const auto program = compile(kPack);
  ASSERT_TRUE(program);
  ASSERT_EQ(program->duties.size(), 1U);
  const Duty& duty = program->duties[0];
  EXPECT_EQ(duty.name, "standard");
  const DutyLevel& yellow = duty.levels[1];
  ASSERT_EQ(yellow.steps.size(), 2U);
  EXPECT_EQ(yellow.steps[0].name, "sign");
  EXPECT_EQ(yellow.steps[0].limit, (Span{true, 2}));
  EXPECT_EQ(yellow.steps[1].role, "分管领导");
  EXPECT_EQ(yellow.observe, (Span{false, days(30).count()}));
  EXPECT_EQ(yellow.extension, (Span{true, 10}));
  EXPECT_FALSE(yellow.triage);
  EXPECT_TRUE(duty.levels[2].triage);
  EXPECT_TRUE(duty.levels[2].steps.empty());
  ASSERT_EQ(duty.ladder.size(), 2U);
  EXPECT_EQ(duty.ladder[0].name, "chase") << "by the time after the deadline";
  EXPECT_EQ(rule(*program, "r").duty, "standard");
}

TEST(LowerDuties, WatchedSources) {
  const auto program = compile(kPack);
  ASSERT_TRUE(program);
  ASSERT_EQ(program->watched.size(), 2U);
  EXPECT_EQ(program->watched[0].source, "/hotline/12345");
  EXPECT_EQ(program->watched[0].silent_after, (Span{true, 3}));
  EXPECT_EQ(program->watched[1].silent_after, (Span{false, days(30).count()}));
}

TEST(LowerDuties, ADutyIsALabelIfThePackDeclaresNone) {
  const auto program = compile(
      "version: 1\npack: {id: p}\nmeasures: {n: {count: a}}\n"
      "rules: {r: {duty: as agreed, yellow: \"n > 1\"}}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->rules[0].duty, "as agreed");
}

TEST(LowerDuties, StandardIsAlwaysThere) {
  const auto program = compile(
      "version: 1\npack: {id: p}\nmeasures: {n: {count: a}}\nduties: {mine: {red: {triage: "
      "true}}}\n"
      "rules: {r: {duty: standard, yellow: \"n > 1\"}}\n");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->rules[0].duty, "standard");
}

TEST(LowerDuties, EnterTheHash) {
  const std::string text = kPack;
  const auto one = compile(text);
  ASSERT_TRUE(one);
  EXPECT_NE(canonical_text(*one).find("\nshow 1 4:blue"), std::string::npos);
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"label: {zh: 蓝", "label: {zh: 青"},
      {"window: last", "window: 22"},
      {"within: 15 workdays", "within: 16 workdays"},
      {"triage: true", "triage: false"},
      {"after: 3 workdays", "after: 4 workdays"},
      {"silent_after: 3 workdays", "silent_after: 4 workdays"},
      {"{yellow: blue", "{yellow: orange"},
  };
  for (const auto& [from, to] : changes) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    const auto two = compile(other);
    ASSERT_TRUE(two) << to;
    EXPECT_NE(one->hash, two->hash) << to;
  }
}

}  // namespace
}  // namespace lianqing
