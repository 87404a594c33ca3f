#include "rules/parse.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

struct Parsed {
  PackSyntax pack;
  Diagnostics found;
};

Parsed parse(std::vector<std::string> texts) {
  std::vector<SourceText> files;
  for (std::string& text : texts)
    files.push_back({"f" + std::to_string(files.size()) + ".yaml", std::move(text)});
  Parsed out;
  out.pack = parse_pack(files, out.found);
  return out;
}

constexpr const char* kHead = "version: 1\npack: {id: p, timezone: Asia/Shanghai}\n";

TEST(ParsePack, MergesSectionsOverFilesSortedByName) {
  const Parsed parsed =
      parse({"measures: {b: {count: x}}\n", kHead, "measures: {a: {count: x}}\n"});
  ASSERT_TRUE(parsed.found.empty());
  ASSERT_EQ(parsed.pack.measures.size(), 2U);
  EXPECT_EQ(parsed.pack.measures[0].name, "a");
  EXPECT_EQ(parsed.pack.measures[1].at.file, 0U);
  EXPECT_EQ(parsed.pack.head.id.text, "p");
}

TEST(ParsePack, NamesAreUniqueOverFilesAndSections) {
  const Parsed parsed =
      parse({std::string(kHead) + "params: {n: 3}\n", "measures: {n: {count: x}}\n"});
  ASSERT_EQ(parsed.found.size(), 1U);
  EXPECT_EQ(parsed.found[0].code, "R019");
  EXPECT_EQ(parsed.found[0].at.file, 1U);
  EXPECT_NE(parsed.found[0].message.en.find("f0.yaml:3"), std::string::npos);
}

TEST(ParsePack, AMissingHeadIsNotReportedIfAFileCannotBeRead) {
  const Parsed parsed = parse({"a: [\n", "rules: {}\n"});
  ASSERT_EQ(parsed.found.size(), 1U);
  EXPECT_EQ(parsed.found[0].code, "R001");
  EXPECT_FALSE(parsed.pack.complete);
}

TEST(ParseMeasure, TypesAreOneOrSeveralOrAll) {
  const Parsed parsed =
      parse({std::string(kHead) + "measures:\n  a: {count: x}\n  b: {count: [x, y]}\n  c: {count: "
                                  "\"*\"}\n  d: {sum: f, of: [x]}\n"});
  ASSERT_TRUE(parsed.found.empty());
  EXPECT_EQ(parsed.pack.measures[0].of.types.size(), 1U);
  EXPECT_EQ(parsed.pack.measures[1].of.types.size(), 2U);
  EXPECT_TRUE(parsed.pack.measures[2].of.any);
  EXPECT_EQ(parsed.pack.measures[3].subject.text, "f");
}

TEST(ParseRule, ShortAndLongLevels) {
  const Parsed parsed = parse(
      {std::string(kHead) +
       "rules:\n  r: {yellow: \"a > 1\", red: {enter: \"a > 2\", for: 2d, step_down: true}}\n"});
  ASSERT_TRUE(parsed.found.empty());
  const RuleSyntax& rule = parsed.pack.rules[0];
  EXPECT_EQ(rule.levels[1].enter.text, "a > 1");
  EXPECT_EQ(rule.levels[2].confirm.text, "2d");
  EXPECT_EQ(rule.levels[2].step_down, true);
  EXPECT_FALSE(rule.levels[0].present);
}

TEST(ParseRule, OneSentenceServesBothLanguages) {
  const Parsed parsed = parse(
      {std::string(kHead) + "rules:\n  r: {title: 激增, yellow: \"a > 1\", because: \"{a}\"}\n"});
  EXPECT_EQ(parsed.pack.rules[0].title.en, "激增");
  EXPECT_EQ(parsed.pack.rules[0].because_zh.text, parsed.pack.rules[0].because_en.text);
}

TEST(ParseField, ShortFormIsItsType) {
  const Parsed parsed =
      parse({std::string(kHead) +
             "events:\n  x:\n    fields: {b: int, a.c: {type: date, required: true}}\n"});
  ASSERT_TRUE(parsed.found.empty());
  const EventSyntax& event = parsed.pack.events[0];
  EXPECT_EQ(event.fields[0].name, "a.c");
  EXPECT_TRUE(event.fields[0].required);
  EXPECT_EQ(event.fields[1].type, FieldType::integer);
}

TEST(ParsePack, ReportsAllMistakesOfOneRun) {
  const Parsed parsed =
      parse({std::string(kHead) +
             "mesures: {}\nrules:\n  r: {yelow: \"a\"}\nparams:\n  and: 3\n  p: {min: 1}\n"});
  std::string codes;
  for (const Diagnostic& d : parsed.found) codes += d.code + " ";
  EXPECT_EQ(codes, "R012 R012 R030 R018 R013 ");
}

}  // namespace
}  // namespace lianqing
