#include "cli/case_json.h"

#include <gtest/gtest.h>

#include "cli/case_text.h"
#include "cli/case_words.h"
#include "tests/support/case_play.h"

namespace lianqing {
namespace {

Program labelled() {
  Program out = stage();
  out.shades[1].label = {{"橙色", "orange"}, {}, "■"};
  out.labels[2].label = {"红牌", "red card"};
  return out;
}

const Program& program() {
  static const Program kProgram = labelled();
  return kProgram;
}
const DutyTable& table() {
  static const DutyTable kTable(program());
  return kTable;
}

// A yellow case of rule c, signed too late.
Play signed_late() {
  Play play(program());
  play.rise("03-02 09:00", "c", Level::yellow)
      .tell("03-03 10:00", "notice_acknowledged", {{"warning_id", "w1"}, {"by_role", "head"}});
  return play;
}

TEST(CaseJson, AStepHasItsMembersInOrder) {
  Play play = signed_late();
  play.book.settle();
  const auto steps = play.book.take_steps();
  ASSERT_EQ(steps.size(), 5U);
  EXPECT_EQ(
      to_json(steps[0], table()),
      R"({"case":"w1","unit":"u","rule":"c","key":null,"time":"2026-03-02T01:00:00Z","seq":0,)"
      R"("step":"opened","from":"candidate","to":"issued","level_from":"green","level_to":"yellow",)"
      R"("cause":"rule_rose","actor":"engine","reason":null,"warning":"w1","duties":[{"name":"sign",)"
      R"("title":{"zh":"sign","en":"sign"},"role":"head","due":"2026-03-03T01:00:00Z","done":null,)"
      R"("late":false}],"text":{"zh":"建档，绿→黄（规则升级）",)"
      R"x("en":"opened, green to yellow (the rule rose)"}})x");
  EXPECT_EQ(
      to_json(steps[4], table()),
      R"({"case":"w1","unit":"u","rule":"c","key":null,"time":"2026-03-03T02:00:00Z","seq":0,)"
      R"("step":"duty_done","from":"acknowledged","to":"acknowledged","level_from":"yellow",)"
      R"("level_to":"yellow","cause":"record","actor":"head","reason":null,)"
      R"("record":{"source":"/desk","id":"r1","type":"notice_acknowledged"},)"
      R"("duty":{"name":"sign","title":{"zh":"sign","en":"sign"},"role":"head","late":true},)"
      R"("due":"2026-03-03T01:00:00Z","text":{"zh":"完成：sign，时限 2026-03-03 09:00，已逾期",)"
      R"("en":"done: sign, due 2026-03-03 09:00, late"}})");
}

TEST(CaseJson, ARefusalSaysWhatToDoInBothLanguages) {
  Play play(program());
  play.act("03-02 09:00", "w9", "revoke");
  const auto steps = play.book.take_steps();
  ASSERT_EQ(steps.size(), 1U);
  const std::string json = to_json(steps[0], table());
  EXPECT_NE(json.find(R"("case":null,"unit":"u","rule":null)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("refusal":{"code":"unknown_warning","zh":"该单位没有这条预警)"),
            std::string::npos)
      << json;
  EXPECT_EQ(json.find(R"("from")"), std::string::npos) << json;
}

TEST(CaseJson, AColourHasTheWordsOfThePlace) {
  Play play = signed_late();
  play.book.settle();
  const auto colours = play.book.take_colours();
  ASSERT_EQ(colours.size(), 1U);
  EXPECT_EQ(
      to_json(colours[0], program()),
      R"({"unit":"u","time":"2026-03-02T01:00:00Z","from":"green","from_shade":null,)"
      R"("to":"yellow","computed":"yellow","label":{"zh":"橙色","en":"orange"},"symbol":"■",)"
      R"("shade":"orange","computed_shade":"orange","grey":false,"pending":false,)"
      R"("origin":"warning","cases":["w1"],"since":"2026-03-02T01:00:00Z",)"
      R"("override_until":null,"text":{"zh":"橙色，自 2026-03-02 09:00 起，依据：本单位预警",)"
      R"("en":"orange since 2026-03-02 09:00; from: the unit's warnings"}})");
  EXPECT_EQ(to_json("v", play.book.colour("v"), program()),
            R"({"unit":"v","colour":"green","computed":"green","label":{"zh":"绿","en":"green"},)"
            R"("symbol":"●","shade":null,"computed_shade":null,"grey":false,"pending":false,)"
            R"("origin":null,"cases":[],"since":null,"override_until":null,)"
            R"("text":{"zh":"绿","en":"green"}})");
}

TEST(CaseJson, ACaseAsItStands) {
  Play play = signed_late();
  play.book.settle();
  EXPECT_EQ(
      to_json("u", play["w1"], true, table()),
      R"({"case":"w1","unit":"u","rule":"c","key":null,"state":"acknowledged",)"
      R"("state_text":{"zh":"已签收","en":"acknowledged"},"level":"yellow","counts_as":"yellow",)"
      R"("rule_level":"yellow","opened":"2026-03-02T01:00:00Z","since":"2026-03-03T02:00:00Z",)"
      R"("issued":"2026-03-02T01:00:00Z","ended":null,"observed_until":null,)"
      R"("suspended_until":null,"relapses":0,"extended":false,"objected":false,"flapping":true,)"
      R"("other":null,"warnings":[{"id":"w1","time":"2026-03-02T01:00:00Z","to":"yellow"}],)"
      R"("duties":[{"name":"sign","title":{"zh":"sign","en":"sign"},"role":"head",)"
      R"("due":"2026-03-03T01:00:00Z","done":"2026-03-03T02:00:00Z","late":true,"next":null}]})");
}

TEST(CaseText, DeadlinesAtMidnightBelongToTheDayTheyEnd) {
  EXPECT_EQ(deadline_text(program(), local("03-05 00:00")), "2026-03-04 24:00");
  EXPECT_EQ(deadline_text(program(), local("03-05 09:30")), "2026-03-05 09:30");
}

TEST(CaseText, APinnedColourShowsTheComputedOneBesideIt) {
  Play play(program());
  play.rise("03-02 09:00", "b", Level::red)
      .tell("03-03 09:00", "manual_override",
            {{"level", "blue"},
             {"reason", "r"},
             {"approved_by", "a"},
             {"approved_by", "b"},
             {"expires_at", "2026-03-10"}})
      .until("03-04");
  EXPECT_EQ(
      sentence(play.book.colour("u"), program()).en,
      "blue since 2026-03-03 09:00; from: pinned by hand until 2026-03-10 24:00; computed: red "
      "card");
}

TEST(CaseText, ACaseInLines) {
  Play play = signed_late();
  play.book.settle();
  EXPECT_EQ(case_text(play["w1"], false, table(), false),
            "w1  c  ◆yellow  acknowledged since 2026-03-03 10:00\n"
            "  sign (head), due 2026-03-03 09:00, done 2026-03-03 10:00, late\n");
}

TEST(CaseWords, EveryOneHasBothLanguages) {
  for (int i = 0; i <= static_cast<int>(StepKind::ignored); ++i) {
    const Bilingual words = step_words(static_cast<StepKind>(i));
    EXPECT_TRUE(!words.zh.empty() && !words.en.empty()) << i;
  }
  for (int i = 1; i <= static_cast<int>(Refusal::unknown_duty); ++i) {
    const Bilingual words = refusal_words(static_cast<Refusal>(i));
    EXPECT_TRUE(!words.zh.empty() && !words.en.empty()) << i;
  }
}

}  // namespace
}  // namespace lianqing
