#include "rules/lint/lint.h"

#include <string>

#include "tests/support/compiled.h"

namespace lianqing {
namespace {

// Codes of what is found in a pack whose rules have all their papers, "R200 R201".
std::string found(const std::string& measures, const std::string& rule,
                  const std::string& more = {}) {
  const std::string text =
      "version: 1\npack: {id: p}\nevents:\n"
      "  c: {fields: {s: {type: int, min: 1, max: 5, required: true}, o: string}}\n" +
      more + "measures:\n" + measures + "rules:\n  r: {title: T, owner: o, basis: b, " + rule +
      "}\n";
  Diagnostics findings;
  const auto program = compile_pack(std::vector<SourceText>{{"p.yaml", text}}, {}, &findings);
  if (!program) findings = program.error();
  std::string out;
  for (const Diagnostic& finding : findings) out += (out.empty() ? "" : " ") + finding.code;
  return out;
}

const std::string kRecent = "  n: {count: c, over: 30d}\n";
const std::string kEver = "  n: {count: c}\n";

TEST(Lint, FindsLevelsOutOfReach) {
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 5 and n < 5'"), "R200");
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 5 and n <= 5'"), "");
  EXPECT_EQ(found(kRecent, "yellow: 'n > 5 and not (n > 4)'"), "R200");
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 3', needs: 'n < 2'"), "R200");
  EXPECT_EQ(found(kRecent, "yellow: '(n >= 5 or n == 2) and n < 4'"), "");
  EXPECT_EQ(found(kRecent, "yellow: '(n >= 5 or n == 3) and n < 3'"), "R200");
  // Through value measures, the bounds of fields and arithmetic.
  const std::string mean = "  n: {avg: s, of: c, over: 30d}\n";
  EXPECT_EQ(found(mean, "yellow: 'n > 5'"), "R178");
  EXPECT_EQ(found(mean, "yellow: 'n >= 5'"), "");
  EXPECT_EQ(found(mean + "  v: {value: 'n / 5'}\n", "yellow: 'v * 100 > 100'"), "R200");
  EXPECT_EQ(found(mean + "  v: {value: 'n / 5'}\n", "yellow: 'v * 100 > 99'"), "");
  EXPECT_EQ(found(kRecent + "  v: {value: '1 - n'}\n", "yellow: 'v + 0 > 1'"), "R200");
  EXPECT_EQ(found(kRecent + "  v: {value: '1 / n'}\n", "yellow: 'v >= 100'"), "");
  // A value that replaces null can lie outside.
  EXPECT_EQ(found("  n: {avg: s, of: c, over: 30d, empty: 9}\n", "yellow: 'n > 5'"), "");
}

TEST(Lint, FindsLevelsThatNeverEnd) {
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5'"), "R201");
  EXPECT_EQ(found(kEver, "yellow: 'n < 5'"), "");
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5', to: 2030-01-01"), "");
  EXPECT_EQ(found(kEver + "  m: {count: c, over: 9d}\n", "yellow: 'n >= 5 and m >= 1'"), "");
  EXPECT_EQ(found("  n: {sum: s, of: c}\n", "yellow: 'n >= 5'"), "R201");
  EXPECT_EQ(found("  n: {max: s, of: c}\n", "yellow: 'n >= 5'"), "R201");
  EXPECT_EQ(found("  n: {min: s, of: c}\n", "yellow: 'n <= 2'"), "R201");
  EXPECT_EQ(found("  n: {last: s, of: c}\n", "yellow: 'n <= 2'"), "");
  EXPECT_EQ(found("  n: {age: c}\n", "yellow: 'n >= 20'"), "");
  EXPECT_EQ(found(kEver + "  v: {value: '10 - 2 * n'}\n", "yellow: 'v <= 2'"), "R201");
  EXPECT_EQ(found(kEver + "  v: {value: '10 - 2 * n'}\n", "yellow: 'v >= 2'"), "");
  EXPECT_EQ(found(kRecent, "yellow: {enter: 'n >= 5', exit: 'n + 1 < 1'}"), "R201");
}

TEST(Lint, FindsExitsThatHoldAtOnce) {
  EXPECT_EQ(found(kRecent, "yellow: {enter: 'n >= 5', exit: 'n >= 2 or n == 0'}"), "R206");
  EXPECT_EQ(found(kRecent, "yellow: {enter: 'n >= 5', exit: 'n >= 9 or n == 0'}"), "");
  // What the contract itself shows: another reason to enter than the one to leave.
  EXPECT_EQ(found(kRecent + "  m: {count: c, over: 9d}\n",
                  "yellow: {enter: 'n >= 5 or m >= 3', exit: 'n <= 2'}"),
            "");
}

TEST(Lint, FindsRulesThatAgree) {
  const std::string two = "yellow: 'n >= 5'}\n  q: {title: T, owner: o, basis: b, yellow: ";
  EXPECT_EQ(found(kRecent, two + "'n >= 5'"), "R202");
  EXPECT_EQ(found(kRecent, two + "'n>=5 '"), "R202");
  EXPECT_EQ(found(kRecent, two + "'n >= 6'"), "");
  EXPECT_EQ(found(kRecent, two + "{enter: 'n >= 5', hold: 2d}"), "");
  EXPECT_EQ(found(kRecent, two + "'n >= 5', status: retired"), "");
}

TEST(Lint, TellsOfFieldsThatMayBeMissing) {
  auto where = [](const std::string& text) {
    return found("  n: {count: c, where: \"" + text + "\", over: 30d}\n", "yellow: 'n >= 5'");
  };
  EXPECT_EQ(where("o != 'a'"), "R204");
  EXPECT_EQ(where("not (s > 2 and o == 'a')"), "R204");
  EXPECT_EQ(where("o == 'a'"), "R205");
  EXPECT_EQ(where("has(o) and o != 'a'"), "");
  EXPECT_EQ(where("o == null or o != 'a'"), "");
  EXPECT_EQ(where("s != 2"), "");
}

TEST(Lint, AsksForTheSizeThatIsDeclared) {
  const std::string size = "units: {attributes: {staff: int, town: text}}\n";
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 5'", size), "R203");
  EXPECT_EQ(found(kRecent, "yellow: 'n / unit.staff >= 0.5'", size), "");
  EXPECT_EQ(found("  n: {age: c}\n", "yellow: 'n >= 5'", size), "");
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 1'", size), "");  // any at all: fair to all
}

TEST(Allowances, LetFindingsStand) {
  const std::string why = "allow: [{code: R201, reason: kept for good}]";
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5', " + why), "");
  EXPECT_EQ(found(kRecent, "yellow: 'n >= 5', " + why), "R208");
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5', allow: [{code: R200, reason: x}]"), "R201 R208");
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5', allow: [{code: R201, reason: ''}]"), "R207");
  EXPECT_EQ(found(kEver, "yellow: 'n >= 5', allow: [{code: R101, reason: x}]"), "R209");
  // Of an unused measure; elsewhere it would allow nothing.
  const std::string spare = "  m: {count: c, over: 9d, allow: [{code: R162, reason: later}]}\n";
  EXPECT_EQ(found(kRecent + spare, "yellow: 'n >= 5'"), "");
}

TEST(Allowances, DoNotChangeWhatAPackMeans) {
  const std::string pack =
      "version: 1\npack: {id: p}\nmeasures: {n: {count: c}}\n"
      "rules: {r: {yellow: 'n >= 5'";
  const auto plain = compile(pack + "}}\n");
  const auto allowed = compile(pack + ", allow: [{code: R201, reason: x}]}}\n");
  ASSERT_NE(plain, nullptr);
  EXPECT_EQ(plain->hash, allowed->hash);
}

TEST(Allowances, OfThePackAreForAllOfIt) {
  const std::string text =
      "version: 1\npack: {id: p, allow: [{code: R165, reason: trial}]}\n"
      "measures: {n: {count: c, over: 9d}}\nrules:\n  r: {yellow: 'n >= 5'}\n";
  Diagnostics findings;
  ASSERT_TRUE(compile_pack(std::vector<SourceText>{{"p.yaml", text}}, {}, &findings));
  EXPECT_TRUE(findings.empty());
}

}  // namespace
}  // namespace lianqing
