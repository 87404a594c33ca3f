#include "rules/identifier.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

TEST(Identifier, TakesNamesOfAnyScript) {
  for (const char* name : {"a", "_", "_1", "近30日投诉", "黄线", "complaints_30d", "é", "Ünit",
                           "ＡＢ", "हिन्दी", "𠮷野家"}) {
    EXPECT_TRUE(is_identifier(name)) << name;
  }
  for (const char* name : {"", "30d", "3", "a-b", "a.b", "a b", "（甲）", "a，", "½", "😀", "\xff",
                           "a\xc3", "\u0301a"}) {
    EXPECT_FALSE(is_identifier(name)) << name;
  }
}

TEST(Identifier, ComposesToNfc) {
  EXPECT_EQ(to_nfc("plain"), "plain");
  EXPECT_EQ(to_nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(to_nfc("\u212B"), "\u00C5");
  EXPECT_EQ(to_nfc("ＡＢ"), "ＡＢ");  // compatibility forms stay
  EXPECT_EQ(to_nfc(std::string_view("a\0\u00E9", 4)), std::string("a\0\u00E9", 4));
  EXPECT_EQ(to_nfc("\xff"), "\xff");
  EXPECT_EQ(to_nfc(to_nfc("한국 e\u0301")), to_nfc("한국 e\u0301"));
}

TEST(Identifier, ChecksUtf8) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("近30日 😀"));
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xff"}) {
    EXPECT_FALSE(is_valid_utf8(bad));
  }
}

TEST(Identifier, CountsCodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("近30日"), 4U);
  EXPECT_EQ(count_code_points("e\u0301😀"), 3U);
}

TEST(Identifier, ReadsOneCodePoint) {
  EXPECT_EQ(first_code_point("近3").value, U'近');
  EXPECT_EQ(first_code_point("近3").bytes, 3U);
  EXPECT_EQ(first_code_point("").bytes, 0U);
  EXPECT_EQ(first_code_point("\xff").value, U'\uFFFD');
  EXPECT_EQ(first_code_point("\xff").bytes, 1U);
}

}  // namespace
}  // namespace lianqing
