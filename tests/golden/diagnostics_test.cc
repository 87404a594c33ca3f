// Every mistake a pack can hold, with the text its author gets to see: NAME.bad.yaml beside
// NAME.txt (English) and, for some, NAME.zh.txt; and every mistake in the tests of a pack, which is
// tested.yaml: NAME.bad.test.yaml. UPDATE_GOLDEN=1 writes the texts anew; then read the diff.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/test/suite.h"
#include "lianqing/ruleset.h"
#include "rules/code_examples.h"
#include "rules/codes.h"
#include "rules/program.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(LIANQING_SOURCE_DIR) / "tests/golden/diagnostics";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool updating() { return std::getenv("UPDATE_GOLDEN") != nullptr; }

// Packs that no file of this folder can be: too large, or no file at all.
const std::map<std::string, std::vector<SourceText>>& made_packs() {
  static const std::map<std::string, std::vector<SourceText>> kMade = [] {
    std::string many = "version: 1\nlists:\n  many: [";
    for (int i = 0; i < 50'001; ++i) many += "1,";
    return std::map<std::string, std::vector<SourceText>>{
        {"no_files", {}},
        {"too_many_values", {{"too_many_values.bad.yaml", many + "1]\n"}}},
        {"file_too_large", {{"file_too_large.bad.yaml", std::string((1U << 20) + 1, '#')}}},
    };
  }();
  return kMade;
}

// The files of the folder that end so, without that ending.
std::map<std::string, SourceText> files_ending(const std::string& ending) {
  std::map<std::string, SourceText> out;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with(ending))
      out[file.substr(0, file.size() - ending.size())] = {file, read(entry.path())};
  }
  return out;
}

std::map<std::string, std::vector<SourceText>> all_packs() {
  auto packs = made_packs();
  for (auto& [name, text] : files_ending(".bad.yaml")) packs[name] = {text};
  return packs;
}

const std::vector<SourceText>& calendars() {
  static const std::vector<SourceText> kCalendars = {
      {"calendars/cn.yaml", read(fs::path(LIANQING_SOURCE_DIR) / "calendars/cn.yaml")}};
  return kCalendars;
}

struct Case {
  std::vector<SourceText> pack;
  Diagnostics found;
};

const std::map<std::string, Case>& cases() {
  static const std::map<std::string, Case> kCases = [] {
    std::map<std::string, Case> out;
    for (auto& [name, pack] : all_packs()) {
      Case& made = out[name];
      made.pack = pack;
      const auto program = compile_pack(pack, calendars(), &made.found);
      if (!program) made.found = program.error();
    }
    for (const auto& [name, text] : files_ending(".bad.test.yaml")) {
      Suite suite;
      suite.pack = {{{"tested.yaml", read(kFolder / "tested.yaml")}}, calendars()};
      suite.test_files = {text};
      compile_suite(suite);
      out[name] = {suite.texts(), suite.findings};
    }
    return out;
  }();
  return kCases;
}

void expect_golden(const fs::path& path, const std::string& text) {
  if (updating()) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  ASSERT_TRUE(fs::exists(path)) << path << " is missing: UPDATE_GOLDEN=1 writes it";
  EXPECT_EQ(read(path), text) << path;
}

TEST(Diagnostics, SayWhatTheGoldenTextsSay) {
  for (const auto& [name, made] : cases()) {
    SCOPED_TRACE(name);
    const auto& [pack, found] = made;
    EXPECT_FALSE(found.empty());
    expect_golden(kFolder / (name + ".txt"), render_text(found, pack, false));
    const fs::path chinese = kFolder / (name + ".zh.txt");
    if (fs::exists(chinese)) expect_golden(chinese, render_text(found, pack, true));
  }
}

TEST(Diagnostics, CoverEveryCode) {
  std::set<std::string, std::less<>> seen;
  for (const auto& [name, made] : cases()) {
    for (const Diagnostic& finding : made.found) seen.insert(finding.code);
  }
  for (const CodeRow& info : kCodes) {
    if (info.code >= "R210" && info.code < "R220") continue;  // found in a log: check_log_test.py
    if (info.code == "R033") continue;                        // given by fmt alone
    EXPECT_TRUE(seen.contains(info.code))
        << info.code << " (" << info.title_en << ") has no golden pack";
  }
}

TEST(Diagnostics, AreInBothLanguagesAndInsideTheFile) {
  for (const auto& [name, made] : cases()) {
    const std::vector<SourceText>& pack = made.pack;
    for (const Diagnostic& finding : made.found) {
      SCOPED_TRACE(name + " " + finding.code);
      EXPECT_FALSE(finding.message.zh.empty());
      EXPECT_FALSE(finding.message.en.empty());
      EXPECT_EQ(finding.suggestion.zh.empty(), finding.suggestion.en.empty());
      if (pack.empty() || finding.at.line == 0) continue;
      EXPECT_GE(finding.at.column, 1U);
      const std::string& source = pack[finding.at.file].bytes;
      const auto lines = 1 + std::count(source.begin(), source.end(), '\n');
      EXPECT_LE(finding.at.line, lines);
    }
  }
}

TEST(Codes, AreUniqueAndExplainThemselves) {
  std::set<std::string_view> codes;
  for (const CodeRow& info : kCodes) {
    EXPECT_TRUE(codes.insert(info.code).second) << info.code;
    for (const auto& text :
         {info.title_zh, info.title_en, info.explanation_zh, info.explanation_en}) {
      EXPECT_FALSE(text.empty()) << info.code;
    }
  }
}

TEST(Codes, HaveAnExampleEach) {
  std::map<std::string_view, int> examples;
  for (const CodeExample& example : kCodeExamples) {
    ++examples[example.code];
    EXPECT_NE(example.wrong, example.right) << example.code;
    EXPECT_FALSE(example.right.empty()) << example.code;
  }
  EXPECT_EQ(examples.size(), std::size(kCodes));
  for (const CodeRow& info : kCodes) EXPECT_EQ(examples[info.code], 1) << info.code;
}

TEST(DiagnosticsJson, HasEveryMember) {
  const Diagnostics found = {{"R012", Severity::error, {0, 3, 5, 2}, {"甲", "a"}, {}}};
  const std::vector<SourceText> texts = {{"x.yaml", ""}};
  EXPECT_EQ(render_json(found, texts),
            "[{\"code\":\"R012\",\"severity\":\"error\",\"file\":\"x.yaml\",\"line\":3,\"column\":"
            "5,\"length\":2,"
            "\"message\":{\"zh\":\"甲\",\"en\":\"a\"},\"suggestion\":null}]\n");
}

TEST(DiagnosticsText, CountsWideCharactersAsTwoCells) {
  const Diagnostics found = {{"R012", Severity::error, {0, 1, 3, 2}, {"甲", "a"}, {}}};
  const std::vector<SourceText> texts = {{"x.yaml", "标题投诉: 1"}};
  EXPECT_EQ(render_text(found, texts, false),
            "x.yaml:1:3: error R012: a\n    1 | 标题投诉: 1\n      |     ^^^^\n");
}

}  // namespace
}  // namespace lianqing
