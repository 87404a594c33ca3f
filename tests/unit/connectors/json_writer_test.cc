#include "connectors/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace lianqing {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out = "data: ";
  JsonWriter json(out);
  json.begin_object();
  json.key("id").string("w-1");
  json.key("empty").begin_object().end_object();
  json.key("list").begin_array().integer(1).begin_array().end_array().null().end_array();
  json.key("after").begin_object().key("a").boolean(true).key("b").boolean(false).end_object();
  json.key("ratio").raw("3.3333333333333335");
  json.end_object();
  EXPECT_EQ(out, R"(data: {"id":"w-1","empty":{},"list":[1,[],null],"after":{"a":true,"b":false},)"
                 R"("ratio":3.3333333333333335})");
}

TEST(JsonWriter, WritesTheEndsOfTheIntegerRanges) {
  std::string out;
  JsonWriter(out)
      .begin_array()
      .integer(std::numeric_limits<std::int64_t>::min())
      .unsigned_integer(std::numeric_limits<std::uint64_t>::max())
      .end_array();
  EXPECT_EQ(out, "[-9223372036854775808,18446744073709551615]");
}

TEST(JsonString, EscapesWhatJsonRequires) {
  EXPECT_EQ(quoted(""), R"("")");
  EXPECT_EQ(quoted("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quoted("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(quoted(std::string_view("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
}

TEST(JsonString, LooksAtEveryByteWhereverItStands) {
  for (unsigned c = 0; c < 128; ++c) {
    for (std::size_t at = 0; at < 19; ++at) {
      std::string text = " ~aZ09!#[]^_\x7f abcdef";
      text[at] = static_cast<char>(c);
      const bool plain = c >= 0x20 && c != '"' && c != '\\';
      EXPECT_EQ(plain_json_prefix(text), plain ? text.size() : at) << c;
    }
  }
}

TEST(JsonString, LeavesUtf8Alone) {
  EXPECT_EQ(quoted("红/黄/绿 é 😀"), "\"红/黄/绿 é 😀\"");
  EXPECT_EQ(quoted("\xEF\xBF\xBD"), "\"\xEF\xBF\xBD\"");
}

TEST(JsonString, ReplacesEachBadByte) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(quoted("a\xFFz"), "\"a" + r + "z\"");
  EXPECT_EQ(quoted("\xC0\xAF"), "\"" + r + r + "\"") << "overlong";
  EXPECT_EQ(quoted("\xED\xA0\x80"), "\"" + r + r + r + "\"") << "surrogate";
  EXPECT_EQ(quoted("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"") << "beyond U+10FFFF";
  EXPECT_EQ(quoted("x\xE7\xBA"), "\"x" + r + r + "\"") << "cut short";
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(first_bad_utf8(""), std::string_view::npos);
  EXPECT_EQ(first_bad_utf8("廉情"), std::string_view::npos);
  EXPECT_EQ(first_bad_utf8("廉\x80"), 3U);
  EXPECT_EQ(first_bad_utf8("ab\xE6\x83"), 2U);
}

TEST(JsonWriter, ATextWrittenInPlaceIsEscapedIfItMustBe) {
  for (const std::string text :
       {"", "plain", "投诉“激增”", "a \"quote\"", "\x01\n", "bad \xFF byte"}) {
    std::string out;
    JsonWriter json(out);
    json.begin_array().integer(1);
    json.string_from([&](std::string& to) { to += text; }).plain_string("z").end_array();
    EXPECT_EQ(out, "[1," + json_string(text) + ",\"z\"]");
  }
}

TEST(JsonWriter, KeysAreTheSameWrittenAsLiteralsAndAsTexts) {
  std::string literal, text;
  JsonWriter(literal).begin_object().key("a").null().key("to").integer(2).end_object();
  const std::string a = "a", to = "to";
  JsonWriter(text).begin_object().key(a).null().key(to).integer(2).end_object();
  EXPECT_EQ(literal, text);
  EXPECT_EQ(literal, "{\"a\":null,\"to\":2}");
}

// Against the definition: decode by arithmetic, then refuse overlong forms, surrogates and excess.
TEST(Utf8, AgreesWithTheDefinitionOnAllLeadPairs) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b), '\x80', '\x80'};
      const int length = a < 0x80   ? 1
                         : a < 0xC0 ? 0
                         : a < 0xE0 ? 2
                         : a < 0xF0 ? 3
                         : a < 0xF8 ? 4
                                    : 0;
      std::size_t expected = static_cast<std::size_t>(length);
      if (length > 1) {
        const int second = b & 0x3F;
        const int point = length == 2   ? (a & 0x1F) << 6 | second
                          : length == 3 ? (a & 0x0F) << 12 | second << 6
                                        : (a & 0x07) << 18 | second << 12;
        const int least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
        const bool good = (b & 0xC0) == 0x80 && point >= least && point <= 0x10FFFF &&
                          (point < 0xD800 || point > 0xDFFF);
        if (!good) expected = 0;
      }
      ASSERT_EQ(utf8_character(text), expected) << a << ' ' << b;
    }
  }
}

}  // namespace
}  // namespace lianqing
