// Verification finds every kind of stored thing that was altered behind the database's checksums.
#include "log/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/log_records.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::Contains;
using testing::HasSubstr;

VerifyQuestions questions() {
  VerifyQuestions out;
  out.identity = [](std::string_view source, std::string_view id) {
    return test_hash(std::string(source) + "\n" + std::string(id));
  };
  out.content = [](std::string_view bytes) { return std::optional(test_hash(bytes)); };
  out.progress = [](std::uint64_t) {};
  return out;
}

VerifyReport verified(const TempDir& dir) {
  const auto log = open_log(dir.path(), OpenMode::read_only, {});
  EXPECT_TRUE(log) << (log ? "" : log.error().what);
  if (!log) return {};
  const auto report = verify(**log, questions());
  EXPECT_TRUE(report);
  return report ? *report : VerifyReport{};
}

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    const auto log = EventLog::open(dir.path(), OpenMode::create);
    ASSERT_TRUE(log);
    // Enough that the newest leaves, which every opening looks at, are not all of them.
    ASSERT_TRUE((*log)->append(numbered_records(0, 5000), instant(1'000'000)));
    const Rejection bad{"json", "expected a value", {0, 17, 4096}, 12, "{"};
    ASSERT_TRUE((*log)->quarantine(std::vector{bad}, instant(2'000'000)));
    ASSERT_TRUE((*log)->erase(std::vector<Seq>{7}, record_of("erase-1", "why", "/log"),
                              instant(3'000'000)));
  }
  // Changes a stored value, tells what verification says, and changes it back.
  std::vector<std::string> after(Family family, const std::string& key,
                                 const std::function<void(std::string&)>& change) {
    const auto put = [&](const std::string& value) {
      const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
      const auto batch = (*store)->batch();
      batch->put(family, key, value);
      EXPECT_TRUE((*store)->write(*batch, true));
    };
    std::string before;
    {
      const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
      before = (*store)->get(family, key)->value_or("");
    }
    std::string value = before;
    change(value);
    put(value);
    const auto findings = verified(dir).findings;
    put(before);
    return findings;
  }
  TempDir dir;
};

TEST_F(Verify, AllIsWell) {
  const VerifyReport report = verified(dir);
  EXPECT_TRUE(report.findings.empty()) << report.findings[0];
  EXPECT_EQ(report.records, 5001U);
  EXPECT_EQ(report.erased, 1U);
  EXPECT_EQ(report.notes, 1U);
  EXPECT_EQ(report.tiles, 19U);
  EXPECT_EQ(report.quarantined, 1U);
  EXPECT_EQ(report.sources, 1U);
}

TEST_F(Verify, EveryAlteredThingIsNamed) {
  const auto flip = [](std::string& value) { value.back() ^= 1; };
  const auto flip_in = [](const std::string& text, std::size_t offset) {
    return [=](std::string& page) { page[page.find(text) + offset] ^= 1; };
  };
  EXPECT_THAT(after(Family::pages, be64(0), flip_in(R"({"n":3})", 5)),
              Contains(HasSubstr("record 3: its content")));
  EXPECT_THAT(after(Family::pages, be64(0), flip_in("id-3", 3)),
              Contains(HasSubstr("record 3: its identity")));
  EXPECT_THAT(after(Family::pages, be64(0), flip_in("id-9", -1)), Contains(HasSubstr("record 9")));
  EXPECT_THAT(after(Family::pages, be64(0), flip), Contains(HasSubstr("record")));
  EXPECT_THAT(after(Family::pages, be64(0), [](std::string& v) { v += 'x'; }),
              Contains(HasSubstr("its page is not written as it must be")));
  // The number of the note about an erasure stands before the next record.
  const auto note = be64(5000);
  EXPECT_THAT(
      after(Family::pages, be64(0), [&](std::string& v) { v.replace(v.find(note), 8, be64(5)); }),
      Contains(HasSubstr("record 7: its content is gone without a note")));
  EXPECT_THAT(after(Family::ids, hash_bytes(test_hash("/test\nid-3")), flip),
              Contains(HasSubstr("record 3")));
  EXPECT_THAT(after(Family::cursor, "/test", flip), Contains(HasSubstr("source '/test'")));
  EXPECT_THAT(after(Family::quarantine, be64(0), flip),
              Contains(HasSubstr("quarantined record 0")));
  EXPECT_TRUE(verified(dir).findings.empty());
}

// Also of a record that lies before the newest ones, at which every opening looks.
TEST_F(Verify, AlteredBytesAreNotRead) {
  EXPECT_THAT(after(Family::pages, be64(0),
                    [](std::string& page) { page[page.find(R"({"n":5})") + 5] ^= 1; }),
              Contains(HasSubstr("record 5")));
  const auto put = [&](char with) {
    const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
    const auto batch = (*store)->batch();
    std::string page = **(*store)->get(Family::pages, be64(0));
    page[page.find(R"({"n":5})") + 5] ^= with;
    batch->put(Family::pages, be64(0), page);
    EXPECT_TRUE((*store)->write(*batch, true));
  };
  put(1);
  const auto log = EventLog::open(dir.path(), OpenMode::read_only);
  ASSERT_TRUE(log) << log.error().what;
  const auto read = (*log)->read(0, 10);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what.find("record 5"), std::string::npos) << read.error().what;
  EXPECT_TRUE((*log)->read(6, 10));
}

TEST_F(Verify, WhatIsTooMuchIsNamedToo) {
  const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
  const auto batch = (*store)->batch();
  batch->put(Family::ids, std::string(16, 'x'), id_value(1, {}));
  batch->put(Family::tiles, tile_key(0, 99), std::string(kTileBytes, 'x'));
  ASSERT_TRUE((*store)->write(*batch, true));
  const auto findings = verified(dir).findings;
  EXPECT_THAT(findings, Contains(HasSubstr("5002 identities")));
  EXPECT_THAT(findings, Contains(HasSubstr("20 tiles")));
}

}  // namespace
}  // namespace lianqing
