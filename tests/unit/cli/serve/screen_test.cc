#include "cli/serve/screen.h"

#include <gtest/gtest.h>

#include "connectors/decode.h"

namespace lianqing {
namespace {

Screen screen() { return {{"reporter.phone", "content", "举报人"}, "level", {"county"}}; }

std::optional<Rejection> refusal(const std::string& data, const std::string& more = "") {
  const std::string text = R"({"specversion":"1.0","id":"1","source":"/s","type":"t","unit":"u",)"
                           R"("time":"2026-03-05T10:00:00Z")" +
                           more + R"(,"data":)" + data + "}";
  Arena arena;
  EventDecoder decoder;
  Record record = decoder.decode(text, {}, arena, true);
  auto* event = std::get_if<Event>(&record);
  EXPECT_NE(event, nullptr) << text << ": " << std::get<Rejection>(record).detail;
  if (event == nullptr) return std::nullopt;
  event->raw = text;
  return screen().refusal(*event);
}

TEST(Screen, FindsAFieldHoweverItIsWritten) {
  for (const char* data :
       {R"({"content":"x"})", R"({"reporter":{"phone":1}})", R"({"\u0063ontent":"x"})",
        R"({"list":[{"content":"x"}]})", R"({"list":[{"\u0063ontent":"x"}]})",
        R"({"list":[[{"\u4e3e\u62a5\u4eba":"x"}]]})", R"({"text":"{\"content\":\"x\"}"})",
        R"({"text":"{\"a\":\"{\\\"c\\u006fntent\\\":1}\"}"})", R"({"content":{"a":{"b":1}}})"}) {
    const auto fault = refusal(data);
    ASSERT_TRUE(fault) << data;
    EXPECT_EQ(fault->code, "screened") << data;
    EXPECT_TRUE(fault->raw.empty());
  }
  EXPECT_TRUE(refusal("{}", R"(,"\u0063ontent":"x")"));  // beside the data
  for (const char* data : {R"({"contents":"x"})", R"({"phone":1})", R"({"a":"C:\\content"})",
                           R"({"text":"his content"})"}) {
    const bool named_alone = std::string_view(data).find("\"phone\"") != std::string_view::npos;
    EXPECT_EQ(refusal(data).has_value(), named_alone) << data;
  }
}

TEST(Screen, ALevelIsAWordThatIsListed) {
  EXPECT_FALSE(refusal(R"({"level":"county"})"));
  EXPECT_FALSE(refusal(R"({"levels":"province"})"));
  for (const char* data :
       {R"({"level":"province"})", R"({"level":null})", R"({"level":3})", R"({"level":["county"]})",
        R"({"level":{"name":"province"}})", R"({"level":""})"}) {
    const auto fault = refusal(data);
    ASSERT_TRUE(fault) << data;
    EXPECT_EQ(fault->code, "level") << data;
  }
}

TEST(Screen, WhatCannotBeReadIsSuspectedByName) {
  const Screen one = screen();
  for (const std::string raw :
       {R"({"content": "cut)", "content,unit\nx,u", "<content>x</content>", R"({"level":"prov)",
        R"({"\u0063ontent":)", "{'phone': 1", "举报人,王"}) {
    EXPECT_TRUE(one.suspects(raw)) << raw;
  }
  EXPECT_TRUE(one.suspects(std::string("c\0o\0n\0t\0", 8)));  // UTF-16
  EXPECT_TRUE(one.suspects("\xbe\xd9\xb1\xa8\xc8\xcb,x"));    // GB18030
  EXPECT_FALSE(one.suspects(R"({"id":"1","data":{"severity":)"));
  EXPECT_FALSE(Screen().suspects("\xff content"));
}

TEST(Screen, DeepEscapesEnd) {
  std::string raw = R"({"text":")";
  raw.append(1 << 16, '\\').append(R"(content")");
  EXPECT_TRUE(screen().suspects(raw));
  const Screen other{{"name"}, "", {}};
  EXPECT_TRUE(other.suspects(raw));  // nobody can say what is in there
  EXPECT_FALSE(other.suspects(R"({"path":"C:\\a\\b\n"})"));
}

}  // namespace
}  // namespace lianqing
