#include "log/leaf.h"

#include <gtest/gtest.h>

#include "log/base64.h"

namespace lianqing {
namespace {

Leaf example() {
  std::string salt;
  for (int i = 0; i < 32; ++i) salt += static_cast<char>(i);
  const std::string bytes =
      R"({"event_id":"2026-XF-000123","type":"complaint_received","unit_id":"u-17"})";
  Leaf leaf;
  leaf.seq = 10931;
  leaf.at = *parse_rfc3339("2026-11-23T07:44:13.123456Z");
  leaf.kind = "event";
  leaf.source = "http/petition-desk";
  leaf.cursor = "kafka:complaints/3:88123";
  leaf.id = "2026-XF-000123";
  leaf.payload_bytes = bytes.size();
  leaf.commitment = commitment(salt, bytes);
  return leaf;
}

// The worked bytes of docs/formats.md, which were computed with another program.
TEST(Leaf, GoldenBytes) {
  EXPECT_EQ(encode(view(example())),
            "lianqing-entry/1\n"
            "seq 10931\n"
            "at 2026-11-23T07:44:13.123456Z\n"
            "kind event\n"
            "source http/petition-desk\n"
            "cursor kafka:complaints/3:88123\n"
            "id 2026-XF-000123\n"
            "payload 74 sha256:9e1qFUm+d1HctBnQO/bI72bl51sEoEy3Vg7FXaBGf6Y=\n");
}

TEST(Leaf, FieldsAreEscapedSoThatALineIsALine) {
  Leaf leaf = example();
  leaf.source = "热线\n 12345%";
  leaf.cursor = "";
  leaf.id = "-";
  const std::string bytes = encode(view(leaf));
  EXPECT_NE(bytes.find("\nsource %E7%83%AD%E7%BA%BF%0A%2012345%25\ncursor -\nid %2D\n"),
            std::string::npos)
      << bytes;
  const auto again = parse_leaf(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->source, leaf.source);
  EXPECT_EQ(again->cursor, "");
  EXPECT_EQ(again->id, "-");
}

TEST(Leaf, TimesHaveOneSpelling) {
  Leaf leaf = example();
  leaf.at = *parse_rfc3339("0001-01-01T00:00:00Z");
  EXPECT_NE(encode(view(leaf)).find("\nat 0001-01-01T00:00:00.000000Z\n"), std::string::npos);
  leaf.at = *parse_rfc3339("9999-12-31T23:59:59.999999Z");
  const auto again = parse_leaf(encode(view(leaf)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->at, leaf.at);
}

TEST(Leaf, ReadsBack) {
  const auto again = parse_leaf(encode(view(example())));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->seq, 10931U);
  EXPECT_EQ(again->at, example().at);
  EXPECT_EQ(again->kind, "event");
  EXPECT_EQ(again->source, "http/petition-desk");
  EXPECT_EQ(again->cursor, "kafka:complaints/3:88123");
  EXPECT_EQ(again->id, "2026-XF-000123");
  EXPECT_EQ(again->payload_bytes, 74U);
  EXPECT_EQ(again->commitment, example().commitment);
}

// Whatever one byte is changed into, the result is no leaf, or says something else.
TEST(Leaf, NoTwoSpellingsOfOneLeaf) {
  const std::string bytes = encode(view(example()));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char c : {'\0', '\n', ' ', '0', '-', '%', 'A', '=', '\x7f', '\xff'}) {
      if (bytes[i] == c) continue;
      std::string other = bytes;
      other[i] = c;
      const auto read = parse_leaf(other);
      if (read) {
        EXPECT_EQ(encode(view(*read)), other);
      }
    }
    EXPECT_FALSE(parse_leaf(bytes.substr(0, i)));
  }
  EXPECT_FALSE(parse_leaf(bytes + "\n"));
}

}  // namespace
}  // namespace lianqing
