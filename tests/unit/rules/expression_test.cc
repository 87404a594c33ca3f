#include "rules/expression.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/unit/rules/fake_scope.h"

namespace lianqing {
namespace {

using testing::ExprPrinter;
using testing::FakeScope;
using testing::render;

constexpr SourceSpan kStart{0, 7, 1, 200};

std::string tree(std::string_view source) {
  FakeScope scope;
  Diagnostics out;
  const auto compiled = compile_expression(source, kStart, scope, out);
  if (!compiled) return render(out);
  EXPECT_EQ(render(out), "");
  return ExprPrinter(compiled->expr, scope).print();
}

// What is wrong, without the advice: "R101 1+3".
std::string places(std::string_view source) {
  FakeScope scope;
  Diagnostics out;
  EXPECT_FALSE(compile_expression(source, kStart, scope, out)) << source;
  std::string lines;
  for (const Diagnostic& d : out) {
    EXPECT_FALSE(d.message.zh.empty());
    EXPECT_FALSE(d.message.en.empty());
    EXPECT_EQ(d.suggestion.zh.empty(), d.suggestion.en.empty());
    EXPECT_EQ(d.at.line, kStart.line);
    lines += (lines.empty() ? "" : ", ") + d.code + " " + std::to_string(d.at.column) + "+" +
             std::to_string(d.at.length);
  }
  return lines;
}

std::string advice(std::string_view source) {
  FakeScope scope;
  Diagnostics out;
  EXPECT_FALSE(compile_expression(source, kStart, scope, out)) << source;
  return out.empty() ? "" : out.front().suggestion.en;
}

ValueType type_of(std::string_view source) {
  FakeScope scope;
  Diagnostics out;
  const auto compiled = compile_expression(source, kStart, scope, out);
  EXPECT_TRUE(compiled) << render(out);
  return compiled ? compiled->type : ValueType::null;
}

// ---- grammar

TEST(Expression, BindsFromOrToSigns) {
  EXPECT_EQ(tree("a > 1 or b > 2 and urgent"), "(or (> a 1) (and (> b 2) urgent))");
  EXPECT_EQ(tree("(a > 1 or b > 2) and urgent"), "(and (or (> a 1) (> b 2)) urgent)");
  EXPECT_EQ(tree("a + b * 2 >= -a / 3 - 1"), "(>= (+ a (* b 2)) (- (/ (neg a) 3) 1))");
  EXPECT_EQ(tree("a - b - 1"), "(- (- a b) 1)");
  EXPECT_EQ(tree("a / b % 3"), "(% (/ a b) 3)");
  EXPECT_EQ(tree("!urgent && !!urgent"), "(and (not urgent) (not (not urgent)))");
  EXPECT_EQ(tree("not urgent or urgent"), "(or (not urgent) urgent)");
}

TEST(Expression, ChoosesToTheRight) {
  EXPECT_EQ(tree("urgent ? 1 : a > 2 ? 2 : 3"), "(?: urgent 1 (?: (> a 2) 2 3))");
  EXPECT_EQ(tree("urgent or a > 1 ? a : b"), "(?: (or urgent (> a 1)) a b)");
}

TEST(Expression, ReadsLiterals) {
  EXPECT_EQ(tree("0.1"), "0.1");
  EXPECT_EQ(tree("1e3"), "1000");
  EXPECT_EQ(tree("2.50E-2"), "0.025");
  EXPECT_EQ(tree("0.1000000000"), "0.1");
  EXPECT_EQ(tree("-3"), "-3");
  EXPECT_EQ(tree("- 3"), "-3");
  EXPECT_EQ(tree("-(3)"), "(neg 3)");
  EXPECT_EQ(tree("true"), "true");
  EXPECT_EQ(tree("null"), "null");
  EXPECT_EQ(tree("'it\\'s'"), "'it's'");
  EXPECT_EQ(tree("\"a\\\\b\\n\""), "'a\\b\n'");
  EXPECT_EQ(tree("[1, -2.5, 'x', true]"), "[1 -2.5 'x' true]");
  EXPECT_EQ(tree("[]"), "[]");
}

TEST(Expression, ReadsNames) {
  EXPECT_EQ(tree("place.district"), "place.district");
  EXPECT_EQ(tree("unit.staff_count + limit"), "(+ unit.staff_count limit)");
  EXPECT_EQ(tree("近30日投诉 >= 黄线"), "(>= 近30日投诉 黄线)");
  EXPECT_EQ(tree("event.source == key"), "(== event.source key)");
  EXPECT_EQ(tree("place.district.startsWith('x')"), "(startsWith place.district 'x')");
}

TEST(Expression, CallsInBothForms) {
  for (const auto& [functional, method] :
       std::initializer_list<std::pair<const char*, const char*>>{
           {"size(tags)", "tags.size()"},
           {"has(a)", "a.has()"},
           {"contains(category, 'x')", "category.contains('x')"},
           {"endsWith(category, 'x')", "category.endsWith('x')"},
           {"max(a, b)", "a.max(b)"},
           {"abs(a)", "a.abs()"},
           {"round(a, 2)", "a.round(2)"},
           {"matches(category, '^x')", "category.matches('^x')"}}) {
    EXPECT_EQ(tree(functional), tree(method));
  }
  EXPECT_EQ(tree("min(a, b, 3)"), "(min (min a b) 3)");
  EXPECT_EQ(tree("round(a)"), "(round a 0)");
  EXPECT_EQ(tree("(a + 1).abs().round(2)"), "(round (abs (+ a 1)) 2)");
  EXPECT_EQ(tree("category.matches('^[一-龥]+$')"), "(matches category /^[一-龥]+$/)");
}

TEST(Expression, TakesChineseWordsAndFullWidthSigns) {
  EXPECT_EQ(tree("近30日投诉 ＞＝ 黄线 且 （a ≠ 3）"), "(and (>= 近30日投诉 黄线) (!= a 3))");
  EXPECT_EQ(tree("a>3且b≤1或非 urgent"), "(or (and (> a 3) (<= b 1)) (not urgent))");
  EXPECT_EQ(tree("category in ［“甲”，‘乙’、＂丙＂］"), "(in category ['甲' '乙' '丙'])");
  EXPECT_EQ(tree("urgent ？ １２．５ ： a × 2 ÷ 3"), "(?: urgent 12.5 (/ (* a 2) 3))");
  EXPECT_EQ(tree("category ＝＝ “甲“"), "(== category '甲')");
  EXPECT_EQ(tree("a ≥ 1 并且 b ！＝ 2"), "(and (>= a 1) (!= b 2))");
}

TEST(Expression, NormalisesNamesAndTexts) {
  EXPECT_EQ(tree("cafe\u0301 > 1"), "(> caf\u00E9 1)");
  EXPECT_EQ(tree("category == 'cafe\u0301'"), "(== category 'caf\u00E9')");
}

TEST(Expression, NodesRememberTheirText) {
  FakeScope scope;
  Diagnostics out;
  const auto compiled = compile_expression("(a + 1) * 2 > 黄线", kStart, scope, out);
  ASSERT_TRUE(compiled);
  const Expr& expr = compiled->expr;
  EXPECT_EQ(expr.source, "(a + 1) * 2 > 黄线");
  auto text = [&](const ExprNode& n) { return expr.source.substr(n.begin, n.end - n.begin); };
  const ExprNode& root = expr.nodes[expr.root()];
  EXPECT_EQ(text(root), "(a + 1) * 2 > 黄线");
  EXPECT_EQ(text(expr.nodes[root.a]), "(a + 1) * 2");
  EXPECT_EQ(text(expr.nodes[expr.nodes[root.a].a]), "a + 1");
  EXPECT_EQ(text(expr.nodes[root.b]), "黄线");
  EXPECT_EQ(expr.at, kStart);
}

TEST(Expression, ChildrenComeFirst) {
  FakeScope scope;
  Diagnostics out;
  const auto compiled = compile_expression(
      "urgent ? min(a, round(b, 2), 3) : category.matches('x') ? abs(-a) : a in sizes ? 1 : 2",
      kStart, scope, out);
  ASSERT_TRUE(compiled) << render(out);
  for (std::uint32_t i = 0; i < compiled->expr.nodes.size(); ++i) {
    const ExprNode& node = compiled->expr.nodes[i];
    if (node.op <= Op::key) continue;
    EXPECT_LT(node.a, i);
    if (node.op != Op::matches && node.b != kNone) {
      EXPECT_LT(node.b, i);
    }
    if (node.c != kNone) {
      EXPECT_LT(node.c, i);
    }
  }
}

TEST(Expression, InternsOnlyTextsThatStay) {
  FakeScope scope;
  Diagnostics out;
  ASSERT_TRUE(
      compile_expression("category == 'x' and category.matches('^y') and due > '2026-03-01' and "
                         "category in ['x', 'z']",
                         kStart, scope, out));
  EXPECT_EQ(scope.symbols, (std::vector<std::string>{"x", "z"}));
  EXPECT_EQ(scope.patterns, (std::vector<std::string>{"^y"}));
}

// ---- types

TEST(Expression, KnowsItsType) {
  EXPECT_EQ(type_of("a > 1"), ValueType::boolean);
  EXPECT_EQ(type_of("a / b"), ValueType::number);
  EXPECT_EQ(type_of("category"), ValueType::text);
  EXPECT_EQ(type_of("due"), ValueType::date);
  EXPECT_EQ(type_of("free"), ValueType::dynamic);
  EXPECT_EQ(type_of("free + 1"), ValueType::number);
  EXPECT_EQ(type_of("urgent ? 1 : free"), ValueType::dynamic);
  EXPECT_EQ(type_of("urgent ? null : a"), ValueType::number);
  EXPECT_EQ(type_of("urgent ? due : '2026-01-01'"), ValueType::date);
  EXPECT_EQ(type_of("[1]"), ValueType::list);
  EXPECT_EQ(type_of("null"), ValueType::null);
}

TEST(Expression, AcceptsDynamicEverywhere) {
  EXPECT_EQ(tree("free > 3 and free == 'x' and free"), "(and (and (> free 3) (== free 'x')) free)");
  EXPECT_EQ(tree("free in hot or free.contains(3)"),
            "(or (in free ['letter' 'petition']) (contains free 3))");
  EXPECT_EQ(tree("'x' in free"), "(in 'x' free)");
}

TEST(Expression, ReadsDatesAndTimesBesideFieldsOfThatType) {
  EXPECT_EQ(tree("due >= '2026-03-01'"), "(>= due date:2026-03-01)");
  EXPECT_EQ(tree("'2026-03-01' < due"), "(< date:2026-03-01 due)");
  EXPECT_EQ(tree("due in ['2026-01-01', '2026-05-01']"),
            "(in due [date:2026-01-01 date:2026-05-01])");
  EXPECT_EQ(tree("seen < '2026-03-01T00:00:00+08:00'"), "(< seen time:2026-02-28T16:00:00Z)");
  EXPECT_EQ(tree("category == '2026-03-01'"), "(== category '2026-03-01')");
  EXPECT_EQ(places("due >= '2026-3-1'"), "R109 8+10");
  EXPECT_EQ(places("due in ['2026-01-01', 'x']"), "R109 23+3");
  EXPECT_EQ(places("seen < '2026-03-01'"), "R109 8+12");
  EXPECT_EQ(places("due < seen"), "R102 5+1");
}

TEST(Expression, RefusesOtherKinds) {
  EXPECT_EQ(places("severity > '3'"), "R102 10+1");
  EXPECT_EQ(advice("severity > '3'"), "remove the quotes: 3");
  EXPECT_EQ(advice("category == 3"), "put it in quotes: '3'");
  EXPECT_EQ(places("a and b > 1"), "R103 1+1");
  EXPECT_EQ(advice("a and b > 1"), "compare it: a >= 1");
  EXPECT_EQ(places("category + 1 > 'x' * 2"), "R103 1+8, R103 16+3");
  EXPECT_EQ(places("urgent > true"), "R103 8+1");
  EXPECT_EQ(places("a ? 1 : 2"), "R103 1+1");
  EXPECT_EQ(places("urgent ? 1 : 'x'"), "R102 14+3");
  EXPECT_EQ(places("size(a)"), "R103 6+1");
  EXPECT_EQ(places("null + 1"), "R103 1+4");
}

TEST(Expression, NullIsOnlyTested) {
  EXPECT_EQ(tree("a == null and null != due"), "(and (== a null) (!= null due))");
  EXPECT_EQ(places("a < null"), "R110 3+1");
  EXPECT_EQ(advice("a < null"), "write a != null");
  EXPECT_EQ(places("a in [null]"), "R112 7+4");
}

TEST(Expression, ListsStandRightOfIn) {
  EXPECT_EQ(tree("category in hot"), "(in category ['letter' 'petition'])");
  EXPECT_EQ(tree("3 in sizes and category in tags"), "(and (in 3 [1 2]) (in category tags))");
  EXPECT_EQ(places("category == hot"), "R112 10+2");
  EXPECT_EQ(advice("category in 'abc'"), "write category in ['abc']");
  EXPECT_EQ(advice("'x' in category"), "write category.contains('x')");
  EXPECT_EQ(places("category in ('a', 'b')"), "R112 13+1");
  EXPECT_EQ(places("category in [petition, 'b']"), "R112 14+8");
  EXPECT_EQ(advice("category in [petition]"), "if a text is meant, write 'petition'");
  EXPECT_EQ(places("a in [1, a + 2]"), "R112 10+5");
  EXPECT_EQ(places("severity in hot"), "R102 13+3");
  EXPECT_EQ(places("severity in [1, '2']"), "R102 17+3");
}

// ---- slips

TEST(Expression, NamesTheOperatorThatIsMeant) {
  const std::initializer_list<std::array<const char*, 3>> slips = {
      {"a = 3", "R104 3+1", "write =="},
      {"a ＝ 3", "R104 3+1", "write =="},
      {"a === 3", "R104 3+3", "write =="},
      {"a <> 3", "R104 3+2", "write !="},
      {"a => 3", "R104 3+2", "write >="},
      {"a =< 3", "R104 3+2", "write <="},
      {"urgent & urgent", "R104 8+1", "write and"},
      {"urgent | urgent", "R104 8+1", "write or"},
      {"urgent AND urgent", "R104 8+3", "write and"},
      {"urgent Or urgent", "R104 8+2", "write or"},
      {"NOT urgent", "R104 1+3", "write not"},
      {"category not in hot", "R100 10+6", "write not (x in [...])"},
  };
  for (const auto& [source, place, fix] : slips) {
    EXPECT_EQ(places(source), place) << source;
    EXPECT_EQ(advice(source), fix) << source;
  }
}

TEST(Expression, RefusesChains) {
  EXPECT_EQ(places("1 < a < 3"), "R105 7+1");
  EXPECT_EQ(advice("1 < a < 3"), "write 1 < a and a < 3");
  EXPECT_EQ(advice("黄线 <= a + b <= 3"), "write 黄线 <= a + b and a + b <= 3");
}

TEST(Expression, NotReachesOneOperand) {
  EXPECT_EQ(places("not a > 3"), "R111 1+5");
  EXPECT_EQ(advice("not a > 3"), "write not (a > 3)");
  EXPECT_EQ(advice("!urgent == true"), "write not (urgent == true)");
  EXPECT_EQ(advice("非 category in hot"), "write not (category in hot)");
  EXPECT_EQ(tree("(not urgent) == true"), "(== (not urgent) true)");
  EXPECT_EQ(tree("not (a > 3)"), "(not (> a 3))");
}

TEST(Expression, RefusesPercentagesAndUnits) {
  EXPECT_EQ(places("a > 15%"), "R106 5+3");
  EXPECT_EQ(advice("a > 15%"), "write it as a decimal: 0.15");
  EXPECT_EQ(advice("a > 2.5 ％ and urgent"), "write it as a decimal: 0.025");
  EXPECT_EQ(advice("10% - 3 > a"), "write it as a decimal: 0.1");
  EXPECT_EQ(tree("10 % -3"), "(% 10 -3)");
  EXPECT_EQ(places("a > 30d"), "R106 5+3");
  EXPECT_EQ(places("a > 5件 and b"), "R106 5+2, R103 12+1");
  EXPECT_EQ(places("a > .5"), "R106 5+2");
  EXPECT_EQ(advice("a > 1,000"), "write 1000");
}

TEST(Expression, NumbersAreExact) {
  EXPECT_EQ(places("a > 0.1234567"), "R107 5+9");
  EXPECT_EQ(places("a > 1e-7"), "R107 5+4");
  EXPECT_EQ(tree("0.123456"), "0.123456");
  EXPECT_EQ(tree("123.4567891e3 > a"), "(> 123456.7891 a)");
  EXPECT_EQ(tree("0.1234567e1 > a"), "(> 1.234567 a)");
  EXPECT_EQ(places("a > 99999999999999999999"), "R107 5+20");
  EXPECT_EQ(tree("9223372036854775807"), "9223372036854775807");
}

TEST(Expression, SuggestsNames) {
  EXPECT_EQ(places("complaint_30d > 3"), "R101 1+13");
  EXPECT_EQ(advice("complaint_30d > 3"), "did you mean 'complaints_30d'?");
  EXPECT_EQ(advice("近30天投诉 > 3"), "did you mean '近30日投诉'?");
  EXPECT_EQ(advice("category == petition"), "if a text is meant, put it in quotes: 'petition'");
  EXPECT_EQ(advice("urgent == TRUE"), "write true");
  EXPECT_EQ(advice("a == None"), "write null");
  EXPECT_EQ(advice("近30日投诉且urgent"), "put blanks around it: 近30日投诉 且 urgent");
  EXPECT_EQ(advice("非urgent"), "put blanks around it: 非 urgent");
  EXPECT_EQ(places("unit.staf_count > place.distrct"), "R101 1+15, R101 19+13");
}

TEST(Expression, SuggestsFunctions) {
  EXPECT_EQ(places("a > len(category)"), "R116 5+3");
  EXPECT_EQ(advice("len(category)"), "write size(x)");
  EXPECT_EQ(advice("category.startswith('x')"), "did you mean 'startsWith'?");
  EXPECT_EQ(advice("if(a > 1, 2, 3)"), "write condition ? a : b");
  EXPECT_EQ(places("min(a)"), "R115 1+3");
  EXPECT_EQ(places("abs(a, b)"), "R115 1+3");
  EXPECT_EQ(places("size()"), "R115 1+4");
  EXPECT_EQ(places("round(a, 7)"), "R107 10+1");
  EXPECT_EQ(places("round(a, b)"), "R107 10+1");
}

TEST(Expression, PatternsAreLiteralsAndValid) {
  EXPECT_EQ(places("category.matches('(')"), "R108 18+3");
  EXPECT_EQ(places("category.matches(key)"), "R108 18+3");
  EXPECT_EQ(places("category.matches('\\d')"), "R107 19+2");
  EXPECT_EQ(tree("category.matches('\\\\d')"), "(matches category /\\d/)");
}

// ---- places

TEST(Expression, SyntaxErrorsPointAtTheToken) {
  EXPECT_EQ(places(""), "R100 1+1");
  EXPECT_EQ(places("  "), "R100 3+1");
  EXPECT_EQ(places("a >"), "R100 4+1");
  EXPECT_EQ(places("a > > 3"), "R100 5+1");
  EXPECT_EQ(places("(a > 3"), "R100 7+1");
  EXPECT_EQ(places("a > 3)"), "R100 6+1");
  EXPECT_EQ(places("a > 3 5"), "R100 7+1");
  EXPECT_EQ(places("[1, 2"), "R100 6+1");
  EXPECT_EQ(places("urgent ? 1"), "R100 11+1");
  EXPECT_EQ(places("a; b"), "R100 2+1, R100 4+1");
  EXPECT_EQ(places("category == 'x"), "R107 13+2");
  EXPECT_EQ(places("(a).b"), "R100 5+1");
}

TEST(Expression, ColumnsCountCodePointsOfTheFile) {
  EXPECT_EQ(places("近30日投诉 ＞＝ 红线"), "R101 11+2");
  // The accent is a code point of its own in the file, though not in the name.
  EXPECT_EQ(places("cafe\u0301 > nothing"), "R101 9+7");
  FakeScope scope;
  Diagnostics out;
  EXPECT_FALSE(compile_expression("a > nothing", {2, 9, 30, 11}, scope, out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].at, (SourceSpan{2, 9, 34, 7}));
}

TEST(Expression, FoldedTextIsReportedAtItsStart) {
  FakeScope scope;
  Diagnostics out;
  const SourceSpan folded{2, 9, 30, 0};
  EXPECT_FALSE(compile_expression("a >\n nothing", folded, scope, out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].at, folded);
}

TEST(Expression, ReportsAllMistakesOfMeaning) {
  EXPECT_EQ(places("nothing > 3 and category > 2 or severity = 'x'"),
            "R104 42+1, R101 1+7, R102 26+1, R102 42+1");
}

TEST(Expression, TheScopeMayReportItself) {
  FakeScope scope;
  Diagnostics out;
  scope.findings = &out;
  EXPECT_FALSE(compile_expression("a > 1 and forbidden > 3", kStart, scope, out));
  EXPECT_EQ(render(out), "R150 11+9: forbidden\n");
  EXPECT_EQ(scope.places[1], (SourceSpan{0, 7, 11, 9}));
}

TEST(Expression, EarlierErrorsOfOthersDoNotCount) {
  FakeScope scope;
  Diagnostics out{{"R001", Severity::error, {}, {}, {}}};
  EXPECT_TRUE(compile_expression("a > 1", kStart, scope, out));
}

// ---- macros

TEST(Expression, MacrosStandInParentheses) {
  EXPECT_EQ(tree("busy and urgent"), "(and (or (> a 3) (> b 3)) urgent)");
  EXPECT_EQ(tree("not busy"), "(not (or (> a 3) (> b 3)))");
  EXPECT_EQ(tree("twice"), "(and (or (> a 3) (> b 3)) (or (> a 3) (> b 3)))");
}

TEST(Expression, MacroMistakesShowWhereItIsUsed) {
  EXPECT_EQ(tree("urgent or wrong"),
            "R101 11+5: in macro 'wrong': there is no measure, parameter or field 'nothing' | "
            "if a text is meant, put it in quotes: 'nothing'\n");
  EXPECT_EQ(places("broken"), "R100 1+6");
  EXPECT_EQ(places("self"), "R114 1+4");
}

TEST(Expression, MacroOfAListIsCheckedWhereItIsUsed) {
  FakeScope scope;
  scope.macros["both"] = "['a very long text in a list', 'b']";
  Diagnostics out;
  EXPECT_FALSE(compile_expression("severity in both", kStart, scope, out));
  EXPECT_EQ(render(out), "R102 13+4: 'both' is a text, but 'severity' is a number\n");
}

TEST(Expression, MacrosThatGrowAreStopped) {
  FakeScope scope;
  for (int i = 0; i < 14; ++i) {
    const std::string next = "m" + std::to_string(i + 1);
    scope.macros["m" + std::to_string(i)] = next + " + " + next;
  }
  scope.macros["m14"] = "a + a";
  Diagnostics out;
  EXPECT_FALSE(compile_expression("m0 > 1", kStart, scope, out));
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].code, "R113");
}

// ---- guards

TEST(Expression, GuardsComparisonsWhoseNamesAreTested) {
  EXPECT_EQ(tree("a > 3 and a != null"), "(and (>~ a 3) (!= a null))");
  EXPECT_EQ(tree("has(a) and a > 3"), "(and (has a) (>~ a 3))");
  EXPECT_EQ(tree("a > b and a != null"), "(and (> a b) (!= a null))");
  EXPECT_EQ(tree("a > b and has(b) and a != null"), "(and (and (>~ a b) (has b)) (!= a null))");
  EXPECT_EQ(tree("a / b > 2 and has(b)"), "(and (> (/ a b) 2) (has b))");
  EXPECT_EQ(tree("a / b > 2 and has(b) and has(a)"), "(and (and (>~ (/ a b) 2) (has b)) (has a))");
  EXPECT_EQ(tree("a / b > 2 and (a / b) != null"), "(and (>~ (/ a b) 2) (!= (/ a b) null))");
  EXPECT_EQ(tree("category in hot or category == null"),
            "(or (in~ category ['letter' 'petition']) (== category null))");
  EXPECT_EQ(tree("a > limit and null == a"), "(and (>~ a limit) (== null a))");
}

TEST(Expression, GuardsBareTruths) {
  EXPECT_EQ(tree("urgent and has(urgent)"), "(and~ urgent (has urgent))");
  EXPECT_EQ(tree("not urgent and has(urgent)"), "(and (not~ urgent) (has urgent))");
  EXPECT_EQ(tree("urgent and has(a)"), "(and urgent (has a))");
}

// ---- limits

TEST(Expression, LimitsAreErrorsNotCrashes) {
  EXPECT_EQ(tree(std::string(63, '(') + "a" + std::string(63, ')')), "a");
  EXPECT_EQ(places(std::string(64, '(') + "a" + std::string(64, ')')), "R113 65+1");
  EXPECT_EQ(places(std::string(4000, '(')), "R113 65+1");
  EXPECT_EQ(places(std::string(4000, '-') + "1"), "R113 65+1");
  EXPECT_EQ(places(std::string(4000, '[')), "R113 65+1");
  EXPECT_EQ(places(std::string(4097, ' ')), "R113 1+200");
  std::string chain = "a";
  for (int i = 0; i < 499; ++i) chain += "+a";
  EXPECT_EQ(type_of(chain), ValueType::number);
  for (int i = 0; i < 100; ++i) chain += "+a";
  EXPECT_EQ(places(chain), "R113 1001+1");
  std::string calls = "a.abs()";
  for (int i = 0; i < 332; ++i) calls += "+a.abs()";
  EXPECT_EQ(type_of(calls), ValueType::number);  // 998 nodes
  EXPECT_EQ(places(calls + "+a.abs()"), "R113 2672+1");
  EXPECT_EQ(places("-(" + calls + ")+(-a)"), "R113 2668+1");
}

TEST(Expression, SurvivesNoise) {
  const std::vector<std::string> pieces = {
      "a",   "b",  "urgent", "category", "due",  "busy", "self", "nothing", "hot", "1",  "2.5",
      "'x'", "\"", "“",      "(",        ")",    "[",    "]",    ",",       ".",   "?",  ":",
      "and", "or", "not",    "in",       "==",   "=",    "<",    ">=",      "!",   "%",  "-",
      "+",   "*",  "且",     "null",     "true", "min",  "has",  "matches", "\\",  " ",  "\xff",
      "3d",  "%%", "size",   "round",    "free", "tags", "≠",    "．",      "\n",  "NOT"};
  std::mt19937 random(20260301);
  for (int round = 0; round < 20'000; ++round) {
    std::string source;
    for (auto n = random() % 14; n > 0; --n) {
      source += pieces[random() % pieces.size()];
      if (random() % 3 == 0) source += ' ';
    }
    FakeScope scope;
    Diagnostics out;
    const auto compiled = compile_expression(source, kStart, scope, out);
    ASSERT_EQ(compiled.has_value(), out.empty()) << source << "\n" << render(out);
    if (compiled) {
      ASSERT_FALSE(ExprPrinter(compiled->expr, scope).print().empty());
    }
  }
}

}  // namespace
}  // namespace lianqing
