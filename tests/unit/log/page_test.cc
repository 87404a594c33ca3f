// Pages: what is written is read back, the worked example of docs/formats.md stands byte by byte,
// and no damaged page reads past its end.
#include "log/page.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

const std::string kSalt = [] {
  std::string out;
  for (char c = 0; c < 32; ++c) out += c;
  return out;
}();

PagedRecord example(Seq seq) {
  PagedRecord out;
  out.seq = seq;
  out.at = instant(1'000'000 + static_cast<std::int64_t>(seq));
  out.source = "/s";
  out.cursor = seq == 1 ? "c1" : "";
  out.id = "a";
  out.identity = {1, seq};
  out.content = {2, 3};
  out.salt = kSalt;
  out.bytes = "{}";
  out.payload_bytes = 2;
  return out;
}

// Record 0 whole, record 1 erased by the note 2.
std::string two() {
  PageWriter out;
  out.add(example(0));
  PagedRecord erased = example(1);
  erased.commitment = commitment(erased.salt, erased.bytes);
  erased.is_erased = true;
  erased.note = 2;
  out.add(erased);
  return out.take();
}

TEST(Page, TheWorkedExample) {
  EXPECT_EQ(hex(two()),
            "00"
            "80897a"
            "022f73"
            "00"
            "0161"
            "00000000000000010000000000000000"
            "00000000000000020000000000000003"
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            "027b7d"
            "06"
            "02"
            "026331"
            "0161"
            "00000000000000010000000000000001"
            "02" +
                hex(bytes_of(commitment(kSalt, "{}"))) + "0000000000000002");
}

TEST(Page, ReadsWhatWasWritten) {
  const std::string page = two();
  PageReader in(0, page);
  const auto first = in.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(encode(leaf_of(*first)), encode(leaf_of(example(0))));
  EXPECT_EQ(first->content, example(0).content);
  EXPECT_EQ(first->bytes, "{}");
  EXPECT_EQ(id_value(*first), id_value(0, {2, 3}));
  const auto second = in.next();
  ASSERT_TRUE(second);
  // The leaf is as before the erasure.
  EXPECT_EQ(encode(leaf_of(*second)), encode(leaf_of(example(1))));
  EXPECT_EQ(second->identity, example(1).identity);
  EXPECT_TRUE(second->bytes.empty() && second->salt.empty());
  EXPECT_EQ(second->note, 2U);
  EXPECT_EQ(id_value(*second), be64(1));
  EXPECT_FALSE(in.next());
  EXPECT_TRUE(in.ended());
  EXPECT_EQ(in.at(), 2U);
}

TEST(Page, TimesAndSourcesChangeWithinAPage) {
  PageWriter out;
  std::vector<PagedRecord> records;
  for (Seq seq = 0; seq < 6; ++seq) {
    PagedRecord record = example(seq);
    record.source = seq % 3 == 0 ? "/one" : "/two";
    record.is_note = seq == 4;
    record.at = seq == 0 ? kBeforeAll : instant(static_cast<std::int64_t>(seq * seq));
    out.add(record);
    records.push_back(record);
  }
  const std::string page = out.take();
  PageReader in(0, page);
  for (const PagedRecord& record : records) {
    const auto read = in.next();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at, record.at);
    EXPECT_EQ(read->source, record.source);
    EXPECT_EQ(read->is_note, record.is_note);
  }
  EXPECT_TRUE(in.ended());
}

TEST(Page, DamageIsNoticedOrReadsAsAnotherRecord) {
  const std::string page = two();
  for (std::size_t size = 0; size < page.size(); ++size) {
    PageReader in(0, std::string_view(page).substr(0, size));
    while (in.next()) {
    }
    // Cut between the records it is whole, but one record short.
    EXPECT_TRUE(!in.ended() || in.at() < 2) << size;
  }
  for (std::size_t i = 0; i < page.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = page;
      other[i] = static_cast<char>(other[i] ^ 1 << bit);
      PageReader in(0, other);
      PageWriter again;
      while (const auto record = in.next()) again.add(*record);
      EXPECT_TRUE(!in.ended() || again.take() == other) << i << "." << bit;
    }
  }
}

}  // namespace
}  // namespace lianqing
