#include "rules/template.h"

#include <gtest/gtest.h>

#include "tests/unit/rules/fake_scope.h"

namespace lianqing {
namespace {

using testing::ExprPrinter;
using testing::FakeScope;
using testing::render;

constexpr SourceSpan kStart{0, 3, 10, 100};

// Parts between bars; expressions in braces with their format. Findings if there are any.
std::string parts(std::string_view source, const SourceSpan& at = kStart) {
  FakeScope scope;
  Diagnostics out;
  std::vector<CompiledExpr> exprs;
  const auto made = compile_template(
      source, at, scope,
      [&](CompiledExpr expr) {
        exprs.push_back(std::move(expr));
        return static_cast<std::uint32_t>(exprs.size() - 1);
      },
      out);
  EXPECT_EQ(made.has_value(), out.empty());
  if (!made) return render(out);
  std::string text;
  for (const Template::Part& part : made->parts) {
    text += text.empty() ? "" : "|";
    if (part.expr == kNone) {
      text += part.text;
      continue;
    }
    text += "{" + ExprPrinter(exprs.at(part.expr).expr, scope).print();
    if (part.percent) text += " percent";
    if (part.decimals >= 0) text += " " + std::to_string(part.decimals);
    text += "}";
  }
  return text;
}

TEST(Template, ReadsPlaceholders) {
  EXPECT_EQ(parts(""), "");
  EXPECT_EQ(parts("没有占位"), "没有占位");
  EXPECT_EQ(parts("近30天{complaints_30d}件，环比{a|2}倍"),
            "近30天|{complaints_30d}|件，环比|{a 2}|倍");
  EXPECT_EQ(parts("{a}{b}"), "{a}|{b}");
  EXPECT_EQ(parts("按期率{ a / b | percent }"), "按期率|{(/ a b) percent}");
  EXPECT_EQ(parts("{a|0}"), "{a 0}");
  EXPECT_EQ(parts("{key}"), "{key}");
}

TEST(Template, KeepsDoubledBraces) {
  EXPECT_EQ(parts("{{a}}"), "{a}");
  EXPECT_EQ(parts("{{{a}}}"), "{|{a}|}");
  EXPECT_EQ(parts("a | b"), "a | b");
}

TEST(Template, BracesAndBarsInsideAnExpression) {
  EXPECT_EQ(parts("{category == '}' ? 1 : 2}"), "{(?: (== category '}') 1 2)}");
  EXPECT_EQ(parts("{category == \"|\" ? 1 : 2|1}"), "{(?: (== category '|') 1 2) 1}");
  EXPECT_EQ(parts("{urgent || a > 1 ? 1 : 2}"), "{(?: (or urgent (> a 1)) 1 2)}");
}

TEST(Template, NormalisesItsTexts) { EXPECT_EQ(parts("cafe\u0301"), "caf\u00E9"); }

TEST(Template, PointsAtMistakes) {
  EXPECT_EQ(
      parts("近{nothing}件"),
      "R101 12+7: there is no measure, parameter or field 'nothing' | if a text is meant, put "
      "it in quotes: 'nothing'\n");
  EXPECT_EQ(parts("一{a"),
            "R120 11+1: '{' has no '}' to close it | a brace itself is written {{\n");
  EXPECT_EQ(parts("一}a"), "R120 11+1: one '}' too many | a brace itself is written }}\n");
  EXPECT_EQ(parts("{a|7}").substr(0, 9), "R121 13+1");
  EXPECT_EQ(parts("{a|}").substr(0, 9), "R121 12+1");
  EXPECT_EQ(parts("{a|%}").substr(0, 9), "R121 13+1");
  EXPECT_EQ(parts("{}").substr(0, 9), "R100 11+1");
  EXPECT_EQ(
      parts("{category|1}"),
      "R122 11+8: a format is for numbers, but this is a text | remove the bar and the format\n");
  EXPECT_EQ(parts("{hot}"), "R122 11+3: a list cannot be put into a sentence\n");
}

TEST(Template, ReportsEveryMistake) {
  const std::string found = parts("{nothing} {a|9} }");
  EXPECT_NE(found.find("R101 11"), std::string::npos);
  EXPECT_NE(found.find("R121 23"), std::string::npos);
  EXPECT_NE(found.find("R120 26"), std::string::npos);
}

TEST(Template, FoldedTextIsReportedAtItsStart) {
  EXPECT_EQ(parts("一\n{nothing}", {0, 3, 10, 0}).substr(0, 9), "R101 10+0");
}

}  // namespace
}  // namespace lianqing
