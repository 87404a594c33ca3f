#include "cli/translation.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "cli/translation_rows.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

TEST(Translation, SaysAMessageAndTheOneInsideIt) {
  EXPECT_EQ(in_chinese("cannot read /a/b: No such file or directory"),
            "无法读取 /a/b：没有这个文件或文件夹");
  EXPECT_EQ(in_chinese("u.csv: row 3 (line 4), column 2: more than 512 columns"),
            "u.csv：第 3 行（文件第 4 行）第 2 列：超过 512 列");
  EXPECT_EQ(in_chinese("field 'score': expected a number"), "字段“score”：应为数");
}

TEST(Translation, TakesTheRowThatSaysMost) {
  EXPECT_EQ(in_chinese("unknown option --fo"), "没有选项 --fo");
  EXPECT_EQ(in_chinese("unknown option --fo; did you mean --for?"),
            "没有选项 --fo；是否想写 --for？");
}

TEST(Translation, MayTurnTheOrder) {
  EXPECT_EQ(in_chinese("field 'score' is required for survey"), "survey 必须有字段“score”");
}

TEST(Translation, LeavesWhatItDoesNotKnow) {
  EXPECT_EQ(in_chinese("an unheard-of thing"), "an unheard-of thing");
  EXPECT_FALSE(is_translated("an unheard-of thing"));
  EXPECT_EQ(in_language("cannot read x", false), "cannot read x");
}

std::size_t holes(std::string_view text) {
  static const std::regex kHole(R"(\{[1-9]?\})");
  const std::string owned(text);
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(owned.begin(), owned.end(), kHole), {}));
}

TEST(Translation, NoRowLosesAPart) {
  std::set<std::string_view> seen;
  for (const TranslationRow& row : translation_rows()) {
    EXPECT_TRUE(seen.insert(row.english).second) << row.english;
    EXPECT_EQ(holes(row.english), holes(row.chinese)) << row.english;
  }
}

// ---- every failure in the sources has its row

// The arguments of the call whose opening bracket is before `at`.
std::vector<std::string> arguments(const std::string& text, std::size_t at) {
  std::vector<std::string> out(1);
  for (int depth = 1; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' || (c == '\'' && !std::isalnum(static_cast<unsigned char>(text[at - 1])))) {
      const std::size_t begin = at;
      while (text[++at] != c) at += text[at] == '\\';
      out.back() += text.substr(begin, at - begin + 1);
      continue;
    }
    depth += std::strchr("([{", c) != nullptr;
    depth -= std::strchr(")]}", c) != nullptr;
    if (depth == 0) break;
    if (c == ',' && depth == 1)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

// An expression that makes a message, as a pattern: literals as they are, anything else a hole.
std::string pattern(const std::string& expression) {
  std::string out;
  bool hole = false;
  int depth = 0;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const char c = expression[at];
    if (c == '"') {
      std::string literal;
      while (expression[++at] != '"') {
        const bool escaped = expression[at] == '\\';
        at += escaped;
        literal += escaped && expression[at] == 'n' ? '\n' : expression[at];
      }
      if (depth > 0) continue;
      if (hole) out += "X";
      hole = false;
      out += literal;
      continue;
    }
    depth += c == '(' || c == '[' || c == '{';
    depth -= c == ')' || c == ']' || c == '}';
    if (std::isalnum(static_cast<unsigned char>(c))) hole = true;
  }
  return hole ? out + "X" : out;
}

// A choice inside brackets or at the top gives two messages; those are left to the eye, and so is
// what has no word of its own.
bool is_message(const std::string& expression) {
  static const std::regex kWord("[a-z]{3}");
  const std::string text = pattern(expression);
  return std::regex_search(text, kWord) && !text.starts_with("http") &&
         expression.find(" ? ") == std::string::npos;
}

TEST(Translation, EveryFailureOfTheSourcesHasARow) {
  const fs::path root = LIANQING_SOURCE_DIR;
  static const std::regex kCall(
      R"(\b(failure|because|reject_as|fail_syntax)\(|return refused\(|return fail\()");
  int seen = 0;
  for (const char* room : {"engine", "log", "connectors", "cli"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      const std::string path = entry.path().lexically_relative(root).generic_string();
      // Programs read the answers of the API and the editor's protocol, in English.
      const bool skipped = entry.path().extension() != ".cc" || path.starts_with("cli/lsp/") ||
                           path.starts_with("connectors/editor/");
      if (skipped) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (std::sregex_iterator at(text.begin(), text.end(), kCall), end; at != end; ++at) {
        const auto begin = static_cast<std::size_t>(at->position() + at->length());
        static const std::regex kText(R"re(std::string\(("[^"]*")\))re");
        const std::string expression =
            std::regex_replace(arguments(text, begin).back(), kText, "$1");
        if (!is_message(expression)) continue;
        ++seen;
        const auto line = std::count(text.begin(), text.begin() + at->position(), '\n') + 1;
        EXPECT_TRUE(is_translated(pattern(expression)))
            << path << ":" << line << ": add a row to cli/translation_rows.cc for the message\n  "
            << pattern(expression);
      }
    }
  }
  EXPECT_GT(seen, 100);
}

}  // namespace
}  // namespace lianqing
