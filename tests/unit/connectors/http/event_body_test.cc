#include "connectors/http/event_body.h"

#include <gtest/gtest.h>

namespace lianqing::http {
namespace {

using Texts = std::vector<std::string>;

struct Read {
  int status = 200;
  Texts texts;
  bool one_text = true;
};

Read read(std::string type, std::string body, std::map<std::string, std::string> fields = {}) {
  Request request;
  request.fields = std::move(fields);
  if (!type.empty()) request.fields["content-type"] = std::move(type);
  request.body = std::move(body);
  const auto texts = event_texts(request);
  if (!texts) return {texts.error().status, {}, true};
  return {200, Texts(texts->texts.begin(), texts->texts.end()), texts->one_text};
}

TEST(EventBody, TakesEachForm) {
  EXPECT_EQ(read("application/cloudevents+json; charset=UTF-8", " {\"a\":1}\n").texts,
            Texts{"{\"a\":1}"});
  EXPECT_EQ(read("application/cloudevents-batch+json", "[ {\"a\":[1,\"],\\\"\"]} , 2 ]").texts,
            (Texts{"{\"a\":[1,\"],\\\"\"]}", "2"}));
  EXPECT_EQ(read("application/cloudevents-batch+json", "[]").texts, Texts{});
  const Read lines = read("application/x-ndjson", "{}\r\n\n {\"b\":2} \nx");
  EXPECT_EQ(lines.texts, (Texts{"{}", "{\"b\":2}", "x"}));
  EXPECT_FALSE(lines.one_text);
  EXPECT_EQ(read("application/json", "[{}]").texts, Texts{"{}"});
  EXPECT_EQ(read("application/json", "{}").texts, Texts{"{}"});
}

TEST(EventBody, PutsABinaryEventTogether) {
  const std::map<std::string, std::string> fields = {
      {"ce-specversion", "1.0"}, {"ce-id", "a%22b"}, {"ce-unit", "%E5%8D%95"}};
  EXPECT_EQ(read("application/json", " {\"x\":1} ", fields).texts,
            Texts{R"({"id":"a\"b","specversion":"1.0","unit":"单","data":{"x":1}})"});
  EXPECT_EQ(read("", "", fields).texts, Texts{R"({"id":"a\"b","specversion":"1.0","unit":"单"})"});
  EXPECT_EQ(read("application/json", "1},{\"id\":2", fields).status, 400);
  EXPECT_EQ(read("application/json", "1,\"id\":2", fields).status, 400);
  EXPECT_EQ(read("text/xml", "<a/>", fields).status, 415);
  EXPECT_EQ(read("", "", {{"ce-specversion", "1.0"}, {"ce-id", "%ff"}}).status, 400);
  EXPECT_EQ(read("", "", {{"ce-specversion", "1.0"}, {"ce-data", "x"}}).status, 400);
}

TEST(EventBody, RefusesWhatIsNoListOrNoKnownType) {
  for (const char* body : {"", "{}", "[1", "[1,]", "[,1]", "[1]]", "[1] x", "[}]", "[1}"}) {
    EXPECT_EQ(read("application/cloudevents-batch+json", body).status, 400) << body;
  }
  EXPECT_EQ(read("application/cloudevents+json", " ").status, 400);
  EXPECT_EQ(read("text/plain", "{}").status, 415);
  EXPECT_EQ(read("", "{}").status, 415);
  EXPECT_EQ(read("application/json; charset=gbk", "{}").status, 415);
  EXPECT_EQ(read("application/json", "{}", {{"content-encoding", "gzip"}}).status, 415);
  std::string many = "[1";
  for (std::size_t i = 0; i < kMaxEventsPerRequest; ++i) many += ",1";
  EXPECT_EQ(read("application/json", many + "]").status, 413);
}

}  // namespace
}  // namespace lianqing::http
