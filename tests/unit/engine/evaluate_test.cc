#include "engine/evaluate.h"

#include <gtest/gtest.h>

#include "engine/judge.h"
#include "tests/support/packs.h"

namespace lianqing {
namespace {

// `n` is the last number, `none` is always null, `word` a text: the condition is over these.
struct Judged {
  Operand value;
  bool null_seen = false;
};

Judged evaluate(const std::string& expression) {
  const auto program = pack(
      "measures:\n"
      "  n: {last: n, of: e}\n"
      "  none: {max: nothing, of: e}\n"
      "  word: {last: word, of: e}\n"
      "  flag: {last: flag, of: e}\n"
      "  v: {value: \"" +
      expression +
      "\"}\n"
      "rules:\n"
      "  r: {title: R, needs: \"n == n and none == none and word == word and flag == flag\",\n"
      "      yellow: \"v == v\"}\n");
  Machine machine(program);
  const std::vector<Event> events = {event("1", "u", "e", "2026-03-05T10:00:00Z",
                                           {{"n", 7}, {"word", "投诉abc"}, {"flag", true}})};
  machine.feed(events, 0, 1);
  machine.finish();
  EXPECT_EQ(machine.ran().error, "");
  const auto unit = machine.replay().unit("u");
  const Fold& fold = machine.replay().fold();
  const Cell key;
  const Reading reading(fold, **unit, key, at("2026-03-05T10:00:00Z"));
  Evaluation evaluation{fold.program(), fold.symbols(), fold.patterns(), reading};
  for (const Measure& measure : program->measures) {
    if (measure.name != "v") continue;
    Judged out{evaluation.run(program->exprs[measure.value]), false};
    out.null_seen = evaluation.null_seen;
    out.value.text = {};  // dies with the machine
    return out;
  }
  return {};
}

std::string shown(const std::string& expression) {
  const Judged judged = evaluate(expression);
  std::string out = "?";
  switch (judged.value.tag) {
    case CellTag::null: out = "null"; break;
    case CellTag::boolean: out = judged.value.raw != 0 ? "true" : "false"; break;
    case CellTag::number: out = judged.value.number.to_string(); break;
    default: break;
  }
  return judged.null_seen ? out + " grey" : out;
}

TEST(Evaluate, NumbersAreExact) {
  EXPECT_EQ(shown("0.1 + 0.2 == 0.3"), "true");
  EXPECT_EQ(shown("n / 3 * 3 == 7"), "true");
  EXPECT_EQ(shown("1 / 2"), "0.5");
  EXPECT_EQ(shown("10 / 3"), "3.3333333333333335");
  EXPECT_EQ(shown("-7 % 3"), "-1");
  EXPECT_EQ(shown("round(2.5)"), "3");
  EXPECT_EQ(shown("round(-2.5)"), "-3");
  EXPECT_EQ(shown("round(2.345, 2)"), "2.35");
  EXPECT_EQ(shown("max(min(n, 9), abs(-8))"), "8");
}

TEST(Evaluate, ArithmeticOnNullOrByZeroIsNull) {
  EXPECT_EQ(shown("none + 1"), "null");
  EXPECT_EQ(shown("-none"), "null");
  EXPECT_EQ(shown("abs(none)"), "null");
  EXPECT_EQ(shown("min(none, 1)"), "null");
  EXPECT_EQ(shown("n / 0"), "null");
  EXPECT_EQ(shown("n % 0"), "null");
}

TEST(Evaluate, ComparingNullIsFalseAndGrey) {
  EXPECT_EQ(shown("none < 1"), "false grey");
  EXPECT_EQ(shown("none != 1"), "false grey");
  EXPECT_EQ(shown("none == n"), "false grey");
  EXPECT_EQ(shown("none in [1, 2]"), "false grey");
  EXPECT_EQ(shown("not (none < 1)"), "true grey");
}

TEST(Evaluate, AskingForNullIsNotGrey) {
  EXPECT_EQ(shown("none == null"), "true");
  EXPECT_EQ(shown("null != none"), "false");
  EXPECT_EQ(shown("n != null"), "true");
  EXPECT_EQ(shown("has(none)"), "false");
  EXPECT_EQ(shown("none == null or none > 3"), "true");
  EXPECT_EQ(shown("has(none) and none > 3"), "false");
}

TEST(Evaluate, ConnectivesHaveThreeValues) {
  // `flag` is dynamic; a dynamic operand that is no truth value counts as null.
  EXPECT_EQ(shown("flag and n > 8"), "false");
  EXPECT_EQ(shown("flag or n > 8"), "true");
  EXPECT_EQ(shown("word and n > 8"), "false grey");
  EXPECT_EQ(shown("word and n > 6"), "null grey");
  EXPECT_EQ(shown("word or n > 6"), "true grey");
  EXPECT_EQ(shown("word or n > 8"), "null grey");
  EXPECT_EQ(shown("not word"), "null grey");
  // Both sides are evaluated, so that the order does not matter.
  EXPECT_EQ(shown("n > 6 or none > 1"), "true grey");
  EXPECT_EQ(shown("none > 1 or n > 6"), "true grey");
}

TEST(Evaluate, AnOperationOnTheWrongTypeIsNull) {
  EXPECT_EQ(shown("word + 1"), "null");
  EXPECT_EQ(shown("word > 3"), "null grey");
  EXPECT_EQ(shown("n == word"), "null grey");
  EXPECT_EQ(shown("size(n)"), "null");
}

TEST(Evaluate, TextsAreCountedInCharacters) {
  EXPECT_EQ(shown("size(word)"), "5");
  EXPECT_EQ(shown("word.startsWith('投')"), "true");
  EXPECT_EQ(shown("word.endsWith('bc') and word.contains('诉a')"), "true");
  EXPECT_EQ(shown("word.matches('^投.+c$')"), "true");
  EXPECT_EQ(shown("word in ['投诉abc', 'x']"), "true");
}

TEST(Evaluate, ChoosesByTruth) {
  EXPECT_EQ(shown("flag ? 1 : 2"), "1");
  EXPECT_EQ(shown("n > 8 ? 1 : 2"), "2");
  EXPECT_EQ(shown("word ? 1 : 2"), "null grey");
}

}  // namespace
}  // namespace lianqing
