#include "connectors/content_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "tests/support/decoded.h"

namespace lianqing {
namespace {

std::string hex(const ContentHash& hash) {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text;
}

TEST(ContentHash, IgnoresMemberOrderAndSpelling) {
  const ContentHash expected = content(
      R"({"id":"1","source":"s","type":"t","unit":"u","time":"2026-01-01T00:00:00Z","data":{"a":1,"b":{"c":"x","d":[1.5,true]}}})");
  EXPECT_EQ(
      expected,
      content(
          R"({"data":{"b":{"d":[15e-1,true],"c":"\u0078"},"\u0061":1.0},"unit":"u","type":"t","source":"s","time":"2026-01-01T08:00:00.000+08:00","id":"1"})"));
  EXPECT_EQ(
      expected,
      content(
          R"({"id":"2","source":"other","type":"t","subject":"u","time":"2026-01-01T00:00:00Z","recordedtime":"2026-02-01T00:00:00Z",)"
          R"("specversion":"1.0","x":1,"data":{"a":10e-1,"b":{"c":"x","d":[1.50,true]}}})"));
  EXPECT_EQ(content_of_data(R"({"a":{"b":1}})"), content_of_data(R"({"a.b":1,"c":{}})"))
      << "one path";
}

TEST(ContentHash, SeesEveryDifference) {
  const std::vector<std::string> bodies = {"{}",
                                           R"({"a":null})",
                                           R"({"a":0})",
                                           R"({"a":false})",
                                           R"({"a":true})",
                                           R"({"a":1})",
                                           R"({"a":"1"})",
                                           R"({"a":""})",
                                           R"({"a":[]})",
                                           R"({"a":[null]})",
                                           R"({"a":[1]})",
                                           R"({"a":[1,2]})",
                                           R"({"a":[2,1]})",
                                           R"({"a":[[1,2]]})",
                                           R"({"a":[[1],[2]]})",
                                           R"({"a":[[]]})",
                                           R"({"a":[{}]})",
                                           R"({"a":[{"x":1}]})",
                                           R"({"a":[{"x":2}]})",
                                           R"({"a":[{"x":1},{"x":2}]})",
                                           R"({"a":[{"x":2},{"x":1}]})",
                                           R"({"a":[[{"x":1}]]})",
                                           R"({"a":[[{"x":2}]]})",
                                           R"({"a":[{"x":[{"y":1}]}]})",
                                           R"({"a":[{"x":[{"y":2}]}]})",
                                           R"({"a":0.5})",
                                           R"({"a":"x","b":"y"})",
                                           R"({"a":"y","b":"x"})",
                                           R"({"a":"x\u0004\u0001\u0000\u0000\u0000y"})",
                                           R"({"ab":"c"})",
                                           R"({"a":"bc"})",
                                           R"({"a":-1})",
                                           R"({"a":9007199254740993})",
                                           R"({"a":9007199254740992})",
                                           R"({"":1})"};
  std::vector<ContentHash> hashes;
  for (const std::string& body : bodies) hashes.push_back(content_of_data(body));
  const std::string base = R"("source":"s","time":"2026-01-01T00:00:00Z","id":"1",)";
  hashes.push_back(content("{" + base + R"("type":"t","unit":"u"})"));
  hashes.push_back(content("{" + base + R"("type":"tu"})"));
  hashes.push_back(content("{" + base + R"("type":"t","unit":"uu"})"));
  hashes.push_back(
      content(R"({"source":"s","time":"2026-01-01T00:00:00.000001Z","id":"1","type":"t"})"));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(hashes[i], hashes[j])
          << i << ' ' << j << ' ' << (i < bodies.size() ? bodies[i] : "");
    }
  }
}

TEST(ContentHash, NestedListsIgnoreMemberOrderToo) {
  EXPECT_EQ(content_of_data(R"({"a":[{"x":1,"y":[{"p":1,"q":2}]}]})"),
            content_of_data(R"({"a":[{"y":[{"q":2.0,"p":1}],"x":1e0}]})"));
}

TEST(ContentHash, IsTheSameOnEveryMachineAndForever) {
  const Decoded decoded(kLine);
  EXPECT_EQ(hex(decoded.event().content), "ac5086a158b08835c58ed662bfd31d2e");
  EXPECT_EQ(hex(decoded.event().identity), "5094a163ee76a37b94241e03219c2cad");
}

TEST(IdentityHash, IsOfSourceAndIdAndTellsThemApart) {
  const auto identity = [](const std::string& source, const std::string& id) {
    return Decoded(R"({"type":"t","time":"2026-01-01T00:00:00Z","source":")" + source +
                   R"(","id":")" + id + "\"}")
        .event()
        .identity;
  };
  EXPECT_EQ(identity("a", "b"), identity("a", "b"));
  EXPECT_NE(identity("a", "b"), identity("b", "a"));
  EXPECT_NE(identity("ab", "c"), identity("a", "bc"));
  EXPECT_EQ(Decoded(with_data("{}")).event().identity,
            Decoded(with_data("{\"a\":1}")).event().identity);
}

TEST(IdentityHash, IsTheSameWithoutDecoding) {
  EventDecoder decoder;
  Arena arena;
  const auto record = decoder.decode(
      R"({"id":"c-81","source":"/热线/12345","type":"t","unit":"u","time":"2026-01-01T00:00:00Z"})",
      {}, arena);
  ASSERT_TRUE(std::holds_alternative<Event>(record));
  EXPECT_EQ(identity_hash("/热线/12345", "c-81"), std::get<Event>(record).identity);
  EXPECT_NE(identity_hash("/热线/12345", "c-82"), std::get<Event>(record).identity);
}

TEST(ContentHash, ShufflingAnyEventChangesNothing) {
  std::mt19937 random(3);
  std::vector<std::string> members;
  for (int i = 0; i < 40; ++i) {
    members.push_back("\"key" + std::to_string(i * i % 41) +
                      std::string(static_cast<std::size_t>(i % 12), 'k') + std::to_string(i) +
                      "\":" +
                      (i % 3 == 0   ? "\"v\""
                       : i % 3 == 1 ? std::to_string(i) + ".50"
                                    : "{\"in\":[true,null]}"));
  }
  const auto joined = [&members] {
    std::string out = "{";
    for (const std::string& member : members) out += member + ",";
    out.back() = '}';
    return out;
  };
  const ContentHash expected = content_of_data(joined());
  for (int round = 0; round < 50; ++round) {
    std::shuffle(members.begin(), members.end(), random);
    ASSERT_EQ(content_of_data(joined()), expected);
  }
}

}  // namespace
}  // namespace lianqing
