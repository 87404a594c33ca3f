#include "rules/document.h"

#include <gtest/gtest.h>

#include <random>

#include "lianqing/ruleset.h"
#include "rules/program.h"

namespace lianqing {
namespace {

struct Parsed {
  std::optional<Node> root;
  Diagnostics found;

  std::string codes() const {
    std::string out;
    for (const Diagnostic& d : found) out += (out.empty() ? "" : " ") + d.code;
    return out;
  }
};

Parsed parse(std::string text) {
  Parsed out;
  out.root = parse_document({"x.yaml", std::move(text)}, 0, out.found);
  return out;
}

TEST(Document, GivesPlacesInCodePoints) {
  const Parsed parsed = parse("标题: 投诉\n规则:\n  黄线: \"件数 >= 3\"  # 注释\n");
  ASSERT_TRUE(parsed.root && parsed.found.empty());
  const Node* title = parsed.root->find("标题");
  ASSERT_NE(title, nullptr);
  EXPECT_EQ(title->at, (SourceSpan{0, 1, 5, 2}));
  const Node* line = parsed.root->find("规则")->find("黄线");
  EXPECT_TRUE(line->quoted);
  EXPECT_EQ(line->at, (SourceSpan{0, 3, 7, 9}));
  EXPECT_EQ(line->inside, (SourceSpan{0, 3, 8, 7}));
}

TEST(Document, SaysWhereATextCannotBeMapped) {
  const Parsed parsed = parse("a: \"x\\\"y\"\nb: |\n  one\n  two\nc: 'it''s'\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->find("a")->text, "x\"y");
  EXPECT_EQ(parsed.root->find("a")->inside, (SourceSpan{0, 1, 4, 0}));
  EXPECT_EQ(parsed.root->find("b")->text, "one\ntwo\n");
  EXPECT_EQ(parsed.root->find("b")->inside.length, 0U);
  EXPECT_EQ(parsed.root->find("c")->text, "it's");
}

TEST(Document, NormalisesToNfc) {
  const Parsed parsed = parse("e\xCC\x81: e\xCC\x81\n");
  ASSERT_TRUE(parsed.root);
  ASSERT_EQ(parsed.root->entries.size(), 1U);
  EXPECT_EQ(parsed.root->entries[0].key, "\xC3\xA9");
  EXPECT_EQ(parsed.root->entries[0].value.text, "\xC3\xA9");
}

TEST(Document, PlacesAnEmptyValueAtItsKey) {
  const Parsed parsed = parse("a:\nb: 1\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_TRUE(parsed.root->find("a")->is_empty());
  EXPECT_EQ(parsed.root->find("a")->at.line, 1U);
}

TEST(Document, TakesABomAndWindowsLines) {
  const Parsed parsed = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->find("b")->text, "2");
  EXPECT_EQ(parsed.root->find("a")->at, (SourceSpan{0, 1, 4, 1}));
}

TEST(Document, EmptyTextIsAnEmptyScalar) {
  for (const char* text : {"", "\n", "# nothing\n"}) {
    const Parsed parsed = parse(text);
    ASSERT_TRUE(parsed.root) << text;
    EXPECT_TRUE(parsed.root->is_empty());
  }
}

TEST(Document, RefusesWhatTheLanguageDoesNotTake) {
  EXPECT_EQ(parse("a: 1\na: 2\n").codes(), "R003");
  EXPECT_EQ(parse("a: &x 1\nb: *x\n").codes(), "R004 R004");
  EXPECT_EQ(parse("<<: {a: 1}\n").codes(), "R004");
  EXPECT_EQ(parse("a: !!str 1\n").codes(), "R005");
  EXPECT_EQ(parse("a: 1\n---\nb: 2\n").codes(), "R002");
  EXPECT_EQ(parse("[a] b\n").codes(), "R002");
  EXPECT_EQ(parse("'x' y\n").codes(), "R002");
  EXPECT_EQ(parse(",z").codes(), "R002");
  EXPECT_EQ(parse("a: \"x\nb: 1\n").codes(), "R001");
  EXPECT_EQ(parse("a:\n\tb: 1\n").codes(), "R009");
  EXPECT_EQ(parse("a：1\nb: 2\n").codes(), "R010");
  EXPECT_EQ(parse("a:\"x\"\nb: 2\n").codes(), "R010");
  EXPECT_EQ(parse(std::string("a: \0", 4)).codes(), "R008");
  EXPECT_EQ(parse("a: \xFF\n").codes(), "R008");
  EXPECT_EQ(parse("\xFF\xFE"
                  "a\0:\0")
                .codes(),
            "R008");
}

TEST(Document, KeepsItsLimits) {
  const std::string open(33, '['), close(33, ']');
  EXPECT_EQ(parse(open + close).codes(), "R006");
  EXPECT_EQ(parse(open.substr(1) + close.substr(1)).codes(), "");
  EXPECT_FALSE(parse(std::string(200'000, '[')).root.has_value());
  EXPECT_EQ(parse(std::string(kMaxDocumentBytes + 1, '#')).codes(), "R007");
}

// Random bytes of YAML's own signs, and packs with a byte changed: nothing hangs or crashes, and a
// pack that is refused says why.
class Robustness : public ::testing::Test {
 protected:
  std::mt19937 random_{20261123};

  std::size_t below(std::size_t n) { return random_() % n; }

  void compile(const std::string& text) {
    const SourceText source{"fuzz.yaml", text};
    const auto program = compile_pack({&source, 1}, {});
    EXPECT_TRUE(program || !program.error().empty()) << text;
  }
};

TEST_F(Robustness, RandomBytes) {
  static const std::string kSigns = ",z[]{}:'\"\\-?&*!|>%@`# \n\tab1~.<=：中é";
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (std::size_t n = below(40); n > 0; --n) text += kSigns[below(kSigns.size())];
    SCOPED_TRACE(text);
    compile(text);
  }
}

TEST_F(Robustness, ChangedPacks) {
  static const std::string kPack =
      "version: 1\npack: {id: p}\nlists: {hot: [a, b]}\nparams: {w: 30d, n: {value: 3, min: 1, "
      "max: 9}}\n"
      "events:\n  c: {fields: {s: {type: int}, k: {type: code, codes: hot}, due: {type: date}, i: "
      "{type: string}}}\n"
      "items: {t: {key: i, open: c, close: d, due: due, extend: {event: e, due: due}}}\n"
      "measures:\n  m: {count: c, where: \"s >= 2 and k in hot\", over: w, per: k}\n  o: {overdue: "
      "t, by: 5d}\n"
      "  v: {value: \"m / max(o, 1)\"}\n  a: {age: c}\n  q: {quantile: s, q: 0.9, of: c, over: "
      "month, offset: 1 month}\n"
      "rules:\n  r: {yellow: \"m >= n\", red: {enter: \"v > 2 or a > 30\", exit: \"m < 2\", for: "
      "1d, hold: w},\n"
      "      because: {zh: \"{m}件{v|2}\", en: \"{m}\"}, needs: \"q != null\", from: 2026-01-01}\n";
  compile(kPack);
  for (int i = 0; i < 2000; ++i) {
    std::string text = kPack;
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      const std::size_t at = below(text.size());
      switch (below(3)) {
        case 0: text[at] = static_cast<char>(below(256)); break;
        case 1: text.erase(at, 1 + below(8)); break;
        default: text.insert(at, text.substr(below(text.size()), below(12)));
      }
    }
    SCOPED_TRACE(text);
    compile(text);
  }
}

}  // namespace
}  // namespace lianqing
