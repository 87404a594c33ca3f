#include "connectors/http/precheck.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lianqing::http {
namespace {

std::string head(const std::string& fields, const std::string& line = "POST /x HTTP/1.1") {
  return line + "\r\nHost: a\r\n" + fields + "\r\n";
}

int status(const std::string& text) {
  const auto checked = check_head(text);
  return checked ? 200 : checked.error().status;
}

TEST(Precheck, FindsTheEndOfTheHeadHoweverItIsCut) {
  const std::string text = head("A: b\r\n") + "body";
  for (std::size_t cut = 1; cut <= text.size(); ++cut) {
    std::size_t seen = 0;
    std::optional<std::size_t> end;
    for (std::size_t n = cut; !end && seen < text.size(); n += cut) {
      const std::string_view part = std::string_view(text).substr(0, std::min(n, text.size()));
      const auto found = find_head_end(part, seen);
      ASSERT_TRUE(found) << cut;
      end = *found;
      seen = part.size();
    }
    EXPECT_EQ(end, text.size() - 4) << cut;
  }
}

TEST(Precheck, RefusesALooseHeadAtOnce) {
  for (const std::string text : {"GET / HTTP/1.1\nHost: a\n", "GET / HTTP/1.1\r\nA: b\rc", " GET",
                                 "\r\n", "\x16\x03", "{", "GET / HTTP/1.1\r\nHost: a\n"}) {
    EXPECT_FALSE(find_head_end(text, 0)) << text;
  }
  EXPECT_FALSE(find_head_end(std::string("GET /\0", 6), 0));
  EXPECT_EQ(find_head_end("GET /" + std::string(kMaxHeadBytes, 'a'), 0).error().status, 414);
  EXPECT_EQ(
      find_head_end("GET / HTTP/1.1\r\nA: " + std::string(kMaxHeadBytes, 'a'), 0).error().status,
      431);
}

TEST(Precheck, TellsHowTheMessageGoesOn) {
  const auto length = check_head(head("Content-Length: 12\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(length);
  EXPECT_EQ(length->length, 12U);
  EXPECT_TRUE(length->expects_continue);
  EXPECT_TRUE(length->keep_alive);
  EXPECT_FALSE(length->chunked);
  EXPECT_TRUE(check_head(head("transfer-encoding: Chunked\r\n"))->chunked);
  EXPECT_FALSE(check_head(head("Connection: x, Close\r\n"))->keep_alive);
  EXPECT_FALSE(check_head(head("", "GET / HTTP/1.0"))->keep_alive);
  EXPECT_TRUE(check_head(head("Connection: keep-alive\r\n", "GET / HTTP/1.0"))->keep_alive);
  EXPECT_TRUE(check_head(head("", "HEAD / HTTP/1.1"))->is_head_method);
}

TEST(Precheck, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* fields :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: +1\r\n",
        "Content-Length: 1,1\r\n", "Content-Length:\r\n",
        "Content-Length: 12345678901234567890\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Host: b\r\n", "A : b\r\n",
        "A: b\r\n c\r\n", "A: \x01\r\n", "A: \x7f\r\n", "A\r\n", "A(: b\r\n"}) {
    EXPECT_EQ(status(head(fields)), 400) << fields;
  }
  EXPECT_EQ(status(head("Expect: tea\r\n")), 417);
  EXPECT_EQ(status(head("Content-Length: 3\r\n", "GET / HTTP/1.1")), 400);
  EXPECT_EQ(status(head("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status(head("", "GET / HTTP/2.0")), 505);
  EXPECT_EQ(status(head("", "GET / HTTP/1.1 ")), 400);
  EXPECT_EQ(status(head("", "GET http://b/ HTTP/1.1")), 400);
  EXPECT_EQ(status(head("", "GET http://A/ HTTP/1.1")), 200);
  EXPECT_EQ(status(head("", "GET /" + std::string(kMaxTargetBytes, 'a') + " HTTP/1.1")), 414);
  std::string many;
  for (std::size_t i = 0; i < kMaxFields; ++i) many += "A: b\r\n";
  EXPECT_EQ(status(head(many)), 431);
}

TEST(ChunkScan, FindsTheEndHoweverTheBodyIsCut) {
  const std::string body = "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  const std::string after = "GET / HTTP/1.1";
  for (std::size_t cut = 1; cut <= body.size(); ++cut) {
    ChunkScan scan;
    std::size_t taken = 0;
    const std::string text = body + after;
    while (!scan.done()) {
      const auto n = scan.take(std::string_view(text).substr(taken, cut));
      ASSERT_TRUE(n);
      taken += *n;
    }
    EXPECT_EQ(taken, body.size());
    EXPECT_EQ(scan.content_bytes(), 13U);
  }
}

TEST(ChunkScan, RefusesAllButDigitsAndLineEnds) {
  for (const char* body :
       {"3;x\r\n", " 3\r\n", "3 \r\n", "\r\n", "0x3\r\n", "g\r\n", "3\n", "3\r\nabcd", "3\r\nabc0",
        "0\r\nTrailer: x\r\n\r\n", "0\r\n\n", "1234567890123456\r\n", "-1\r\n"}) {
    ChunkScan scan;
    EXPECT_FALSE(scan.take(body)) << body;
  }
}

}  // namespace
}  // namespace lianqing::http
