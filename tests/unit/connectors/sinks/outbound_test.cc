#include "connectors/http/outbound.h"

#include <gtest/gtest.h>

#include "connectors/sinks/answer_verdict.h"
#include "connectors/sinks/outbox_entry.h"
#include "connectors/sinks/secrets.h"
#include "connectors/sinks/webhook.h"

namespace lianqing {
namespace {

TEST(Outbound, ReachesPublicAddressesAndListedNetworksOnly) {
  for (const char* address : {"127.0.0.1",
                              "10.1.2.3",
                              "172.31.0.1",
                              "192.168.1.1",
                              "169.254.169.254",
                              "100.64.0.1",
                              "0.0.0.0",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::1",
                              "::",
                              "fe80::1",
                              "fd00::1",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.0.0.1",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "::7f00:1",
                              "2001:db8::1",
                              "not an address",
                              ""}) {
    EXPECT_FALSE(http::may_reach(address, {})) << address;
  }
  for (const char* address : {"8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(http::may_reach(address, {})) << address;
  }
  EXPECT_TRUE(http::may_reach("10.1.2.3", {"10.1.0.0/16"}));
  EXPECT_TRUE(http::may_reach("::ffff:10.1.2.3", {"10.1.0.0/16"}));
  EXPECT_FALSE(http::may_reach("10.2.2.3", {"10.1.0.0/16", "::/0"}));
  EXPECT_TRUE(http::may_reach("fd00::5", {"fd00::/8"}));
  EXPECT_FALSE(http::check_network("10.0.0.0/33"));
  EXPECT_FALSE(http::check_network("ten"));
}

// T11: what was checked is what is connected to; an answer that changes meanwhile changes nothing.
TEST(Outbound, AsksForTheAddressOnce) {
  int asked = 0;
  const auto flips = [&asked](const std::string&) -> Result<std::vector<std::string>> {
    return std::vector<std::string>{++asked == 1 ? "127.0.0.1" : "8.8.8.8"};
  };
  const http::OutboundUrl url = *http::parse_outbound_url("http://hooks.example:9/x");
  const auto blocked = http::send_outbound(url, {}, {}, {}, flips);
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().code, ErrorCode::refused);
  EXPECT_EQ(asked, 1);
}

TEST(Outbound, ReadsUrlsStrictly) {
  const auto url = http::parse_outbound_url("https://[2606:4700::1]:8443/a?b=c#d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "2606:4700::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a?b=c");
  EXPECT_EQ(http::parse_outbound_url("http://h?x")->target, "/?x");
  for (const char* bad : {"ftp://h", "h", "http://", "http://u:p@h/", "http://h:0/", "http://h:x/",
                          "http://h/a b", "http://h/\r\nX: y", "http://[::1/"}) {
    EXPECT_FALSE(http::parse_outbound_url(bad)) << bad;
  }
}

TEST(Outbound, AnAnswerIsAboutTheMessageOrAboutTheReceiver) {
  const Instant now = *parse_rfc3339("2015-10-21T07:27:00Z");
  const auto kind = [now](int status) {
    const Delivery out = verdict(http::OutboundAnswer{status, "120", ""}, now);
    return out ? -1 : static_cast<int>(out.error().kind);
  };
  using Kind = DeliveryFailure::Kind;
  EXPECT_EQ(kind(204), -1);
  for (const int status : {301, 302, 307, 401, 403, 404, 429, 500, 503}) {
    EXPECT_EQ(kind(status), static_cast<int>(Kind::unavailable)) << status;
  }
  for (const int status : {400, 413, 422}) EXPECT_EQ(kind(status), static_cast<int>(Kind::refused));
  EXPECT_EQ(kind(410), static_cast<int>(Kind::gone));
  EXPECT_EQ(verdict(http::OutboundAnswer{503, "120", ""}, now).error().retry_after,
            std::chrono::seconds(120));
  EXPECT_EQ(retry_after("Wed, 21 Oct 2015 07:28:00 GMT", now), std::chrono::seconds(60));
  EXPECT_EQ(retry_after("soon", now), std::nullopt);
}

TEST(Secrets, SignsAsTheSpecificationOfStandardWebhooksDoes) {
  const std::string key = *base64_bytes("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(base64_text(hmac_sha256(key,
                                    "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": "
                                    "2432232314}")),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_FALSE(base64_bytes("abc"));
  EXPECT_FALSE(base64_bytes("ab!="));
}

// RFC 8032, 7.1, test 3.
TEST(Secrets, SignsAsTheSpecificationOfEd25519Does) {
  const auto bytes = [](std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    }
    return out;
  };
  EXPECT_EQ(
      *ed25519_signature(bytes("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
                         bytes("af82")),
      bytes("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"));
  EXPECT_FALSE(ed25519_signature("short", "x"));
}

TEST(Webhook, OneWarningIsACloudEventSeveralAreABatch) {
  Notice notice;
  notice.id = "w1";
  notice.edges.push_back({1, "w1", "单位\"一", "r", "", Level::green, Level::red,
                          *parse_rfc3339("2026-03-02T01:00:00Z"), "{\"id\":\"w1\"}"});
  EXPECT_EQ(
      webhook_body(notice),
      "{\"specversion\":\"1.0\",\"id\":\"w1\",\"source\":\"/lianqing\",\"type\":"
      "\"org.lianqing.warning.v1\",\"subject\":\"单位\\\"一\",\"time\":\"2026-03-02T01:00:00Z\","
      "\"datacontenttype\":\"application/json\",\"data\":{\"id\":\"w1\"}}");
  notice.edges.push_back(notice.edges[0]);
  EXPECT_TRUE(webhook_body(notice).starts_with("[{"));
}

TEST(OutboxEntryTest, EveryStepIsReadAsItWasWritten) {
  OutboxEntry entry;
  entry.at = *parse_rfc3339("2026-03-02T01:00:00.5Z");
  entry.position = 7;
  entry.generation = 3;
  entry.edge = {9, "w\"9", "单位", "r", "k", Level::yellow, Level::red, entry.at, ""};
  entry.notice = "n";
  entry.notices = {"a", "b"};
  entry.why = "HTTP 500";
  entry.kind = DeliveryFailure::Kind::refused;
  entry.asked = true;
  entry.next = entry.at + std::chrono::hours(1);
  for (int step = 0; step <= static_cast<int>(OutboxStep::enabled); ++step) {
    entry.step = static_cast<OutboxStep>(step);
    const std::string line = to_json(entry);
    const auto again = parse_outbox_entry(line);
    ASSERT_TRUE(again) << line;
    EXPECT_EQ(to_json(*again), line);
    EXPECT_EQ(again->step, entry.step);
  }
  for (const char* bad :
       {"", "[]", "{}", "{\"step\":\"edge\",\"at\":\"x\"}", "{\"step\":\"fly\"}"}) {
    EXPECT_FALSE(parse_outbox_entry(bad)) << bad;
  }
}

}  // namespace
}  // namespace lianqing
