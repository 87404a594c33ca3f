#include "connectors/http/parse.h"

#include <gtest/gtest.h>

namespace lianqing::http {
namespace {

std::string message(const std::string& target, const std::string& fields = "",
                    const std::string& body = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

TEST(Parse, ReadsPathQueryFieldsAndBody) {
  const auto request = parse_message(message("/v1/units/%E5%8D%95%2F1?a=1%2B+2&b=&c",
                                             "X-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n", "hi"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->path, "/v1/units/单/1");
  EXPECT_EQ(request->query,
            (std::map<std::string, std::string>{{"a", "1+ 2"}, {"b", ""}, {"c", ""}}));
  EXPECT_EQ(request->field("x-a"), "1, 2");
  EXPECT_EQ(request->body, "hi");
  EXPECT_EQ(parse_message(message("http://a/x?y=1"))->path, "/x");
  EXPECT_EQ(parse_message(message("http://a"))->path, "/");
}

TEST(Parse, PutsChunksTogether) {
  const auto request = parse_message(
      message("/", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->body, "abcde");
}

TEST(Parse, RefusesWhatEndsElsewhere) {
  EXPECT_FALSE(parse_message(message("/", "Content-Length: 3\r\n", "hi")));
  EXPECT_FALSE(parse_message(message("/", "Content-Length: 1\r\n", "hi")));
  EXPECT_FALSE(parse_message(message("/?a=1&a=2")));
  EXPECT_FALSE(parse_message(message("/%zz")));
  EXPECT_FALSE(parse_message(message("/%00")));
  EXPECT_FALSE(parse_message(message("/%ff")));
  EXPECT_FALSE(parse_message(message("/", "Authorization: a\r\nAuthorization: b\r\n")));
}

}  // namespace
}  // namespace lianqing::http
