// What is refused at opening, and what is mended: nothing that was acknowledged is lost in silence.
#include <gtest/gtest.h>

#include <fstream>

#include "log/durable_log.h"
#include "tests/support/log_records.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

Instant at(std::int64_t second) { return instant(1'700'000'000'000'000 + second * 1'000'000); }

void fill(const fs::path& directory, std::uint64_t from, std::uint64_t to, std::uint64_t step = 7) {
  const auto log = EventLog::open(directory, OpenMode::create);
  ASSERT_TRUE(log) << log.error().what;
  for (std::uint64_t i = from; i < to; i += step) {
    const auto done =
        (*log)->append(numbered_records(i, std::min(i + step, to)), at(static_cast<int>(i) + 1));
    ASSERT_TRUE(done) << done.error().what;
  }
}

Error refusal(const fs::path& directory, OpenMode mode = OpenMode::existing) {
  const auto log = EventLog::open(directory, mode);
  EXPECT_FALSE(log);
  return log ? Error{} : log.error();
}

// The write-ahead file with the most in it.
fs::path wal_of(const fs::path& directory) {
  fs::path found;
  std::uintmax_t most = 0;
  for (const auto& file : fs::directory_iterator(directory / "log")) {
    if (file.path().extension() == ".log" && file.file_size() >= most) {
      most = file.file_size();
      found = file.path();
    }
  }
  return found;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Of a log that is open: files that are replaced meanwhile are copied as they are then.
void copy_open(const fs::path& from, const fs::path& to) {
  for (int tries = 0; tries < 100; ++tries) {
    std::error_code error;
    fs::copy(from, to, fs::copy_options::recursive, error);
    if (!error) return;
    ASSERT_EQ(error, std::errc::no_such_file_or_directory);
    fs::remove_all(to);
  }
  FAIL() << "files of " << from << " were replaced all the time";
}

std::map<std::string, std::string> snapshot(const fs::path& directory) {
  std::map<std::string, std::string> out;
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    if (file.is_regular_file()) out[file.path()] = read_file(file.path());
  }
  return out;
}

TEST(Opening, ALogMustBeThere) {
  const TempDir dir;
  EXPECT_EQ(refusal(dir.path()).code, ErrorCode::io);
  EXPECT_EQ(refusal(dir.path(), OpenMode::read_only).code, ErrorCode::io);
  EXPECT_EQ(refusal(dir.path() + "/none").code, ErrorCode::io);
}

TEST(Opening, TwoWritersAreRefused) {
  const TempDir dir;
  const auto first = EventLog::open(dir.path(), OpenMode::create);
  ASSERT_TRUE(first);
  EXPECT_EQ(refusal(dir.path()).code, ErrorCode::refused);
  EXPECT_TRUE(EventLog::open(dir.path(), OpenMode::read_only));
}

TEST(Opening, AnOlderCopyIsRefused) {
  const TempDir dir;
  const fs::path data = dir.path() + "/data", old = dir.path() + "/old";
  fill(data, 0, 20);
  fs::copy(data / "log", old, fs::copy_options::recursive);
  fill(data, 20, 21, 1);
  fs::remove_all(data / "log");
  fs::copy(old, data / "log", fs::copy_options::recursive);
  const auto before = snapshot(data / "log");
  for (const OpenMode mode : {OpenMode::existing, OpenMode::create, OpenMode::read_only}) {
    const Error error = refusal(data, mode);
    EXPECT_EQ(error.code, ErrorCode::refused);
    EXPECT_NE(error.what.find("holds 20 records, but 21"), std::string::npos) << error.what;
  }
  EXPECT_EQ(snapshot(data / "log"), before);
}

TEST(Opening, ALostWriteAheadFileIsRefused) {
  const TempDir dir;
  fill(dir.path(), 0, 20);
  const fs::path wal = wal_of(dir.path());
  ASSERT_FALSE(wal.empty());
  for (const std::size_t keep : {std::size_t{0}, std::size_t{1000}}) {
    const std::string bytes = read_file(wal);
    ASSERT_GT(bytes.size(), 1000U);
    write_file(wal, bytes.substr(0, keep));
    EXPECT_NE(refusal(dir.path()).what, "");
    write_file(wal, bytes);
  }
  EXPECT_TRUE(EventLog::open(dir.path(), OpenMode::existing));
}

TEST(Opening, AMissingDatabaseIsRefused) {
  const TempDir dir;
  fill(dir.path(), 0, 5);
  fs::remove_all(dir.path() + "/log");
  for (const OpenMode mode : {OpenMode::existing, OpenMode::create}) {
    EXPECT_EQ(refusal(dir.path(), mode).code, ErrorCode::refused);
  }
}

TEST(Opening, ADatabaseWithoutItsFirstFileIsLeftAlone) {
  const TempDir dir;
  { ASSERT_TRUE(EventLog::open(dir.path(), OpenMode::create)); }
  fs::remove(dir.path() + "/log/CURRENT");
  const auto before = snapshot(dir.path() + "/log");
  for (const OpenMode mode : {OpenMode::existing, OpenMode::create}) {
    EXPECT_EQ(refusal(dir.path(), mode).code, ErrorCode::corrupt);
  }
  EXPECT_EQ(snapshot(dir.path() + "/log"), before);
}

TEST(Opening, AnUnfinishedBeginningIsBegunAgain) {
  const TempDir dir;
  fs::create_directories(dir.path() + "/log.new");
  write_file(dir.path() + "/log.new/CURRENT", "half of one");
  fill(dir.path(), 0, 3);
  EXPECT_FALSE(fs::exists(dir.path() + "/log.new"));
}

TEST(Opening, AnotherLogIsRefused) {
  const TempDir dir;
  const fs::path one = dir.path() + "/one", two = dir.path() + "/two";
  fill(one, 0, 10);
  fill(two, 0, 12);
  fs::remove_all(one / "log");
  fs::copy(two / "log", one / "log", fs::copy_options::recursive);
  const Error error = refusal(one);
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_NE(error.what.find("another place"), std::string::npos) << error.what;
}

TEST(Opening, ARewrittenLogIsRefused) {
  const TempDir dir;
  const fs::path data = dir.path() + "/data";
  fill(data, 0, 10);
  const std::string head = read_file(data / "head" / "head");
  const auto parsed = parse_head(head);
  ASSERT_TRUE(parsed);
  Head other = *parsed;
  other.root[0] = static_cast<char>(other.root[0] ^ 1);
  write_file(data / "head" / "head", encode(other));
  const Error error = refusal(data);
  EXPECT_EQ(error.code, ErrorCode::refused);
  EXPECT_NE(error.what.find("rewritten"), std::string::npos) << error.what;
}

TEST(Opening, AMissingOrDamagedHeadIsRefusedUntilMadeAnew) {
  const TempDir dir;
  fill(dir.path(), 0, 10);
  const fs::path head = dir.path() + "/head/head";
  write_file(head, "lianqing-head/1\nlog x\n");
  EXPECT_EQ(refusal(dir.path()).code, ErrorCode::corrupt);
  fs::remove(head);
  EXPECT_EQ(refusal(dir.path()).code, ErrorCode::refused);
  EXPECT_FALSE(EventLog::open(dir.path(), OpenMode::create));
  OpenSettings settings;
  settings.new_head = true;
  EXPECT_TRUE(open_log(dir.path(), OpenMode::existing, settings));
  EXPECT_TRUE(EventLog::open(dir.path(), OpenMode::existing));
}

// A lost watermark costs nothing but sharpness: the head still stands.
TEST(Opening, ADamagedWatermarkIsMadeAnew) {
  const TempDir dir;
  fill(dir.path(), 0, 10);
  write_file(dir.path() + "/head/acked", "0123456789abcdef");
  {
    const auto log = EventLog::open(dir.path(), OpenMode::existing);
    ASSERT_TRUE(log) << log.error().what;
    EXPECT_EQ((*log)->next_seq(), 10U);
  }
  const auto head = read_head(dir.path() + "/head");
  EXPECT_EQ(read_acked(dir.path() + "/head", (*head)->log), 10U);
}

// A power cut leaves a record of the write-ahead file at its full length, half of it old bytes.
// RocksDB refuses that; if the record was never acknowledged it is cut off, and only then.
TEST(Opening, ATornTailIsCutOnlyIfItWasNeverAcknowledged) {
  const TempDir dir;
  const fs::path data = dir.path() + "/data", kept = dir.path() + "/kept";
  std::uintmax_t whole = 0;
  {
    const auto log = EventLog::open(data, OpenMode::create);
    ASSERT_TRUE(log && (*log)->append(numbered_records(0, 20), at(1)));
    whole = fs::file_size(wal_of(data));
    // What a crash before the acknowledgement leaves beside the database:
    fs::create_directory(kept);
    fs::copy_file(data / "head" / "head", kept / "head");
    fs::copy_file(data / "head" / "acked", kept / "acked");
    ASSERT_TRUE((*log)->append(numbered_records(20, 40), at(2)));
    // Destroying the log would flush nothing, but seal: the directory is copied while it is open.
    copy_open(data, dir.path() + "/crashed");
  }
  const fs::path crashed = dir.path() + "/crashed";
  const fs::path wal = wal_of(crashed);
  std::string bytes = read_file(wal);
  ASSERT_GT(bytes.size(), whole + 1000);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size()) - 500, bytes.end(), 'x');
  write_file(wal, bytes);

  // The watermark says 40: it was acknowledged, so nothing may be cut.
  const auto before = snapshot(crashed / "log");
  const Error error = refusal(crashed);
  EXPECT_EQ(error.code, ErrorCode::corrupt);
  EXPECT_NE(error.what.find("40 were acknowledged"), std::string::npos) << error.what;
  const auto refused = EventLog::open(crashed, OpenMode::read_only);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::corrupt);
  EXPECT_NE(refused.error().what.find("40 were acknowledged"), std::string::npos);
  EXPECT_EQ(snapshot(crashed / "log"), before);

  // The watermark says 20: the torn commit was never acknowledged.
  fs::copy_file(kept / "head", crashed / "head" / "head", fs::copy_options::overwrite_existing);
  fs::copy_file(kept / "acked", crashed / "head" / "acked", fs::copy_options::overwrite_existing);
  {  // who reads leaves it there, and says so
    const auto reader = EventLog::open(crashed, OpenMode::read_only);
    ASSERT_TRUE(reader) << reader.error().what;
    EXPECT_EQ((*reader)->next_seq(), 20U);
    EXPECT_EQ((*reader)->read(0, 100).value().size(), 20U);
    ASSERT_EQ((*reader)->notices().size(), 1U);
    EXPECT_NE((*reader)->notices()[0].find("never acknowledged"), std::string::npos);
  }
  EXPECT_EQ(snapshot(crashed / "log"), before);
  const auto log = EventLog::open(crashed, OpenMode::existing);
  ASSERT_TRUE(log) << log.error().what;
  EXPECT_EQ((*log)->next_seq(), 20U);
  ASSERT_EQ((*log)->notices().size(), 1U);
  EXPECT_TRUE(fs::exists(crashed / "set-aside" / "log-1" / wal.filename()));
  const auto again = (*log)->append(numbered_records(20, 40), at(3));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)[0].kind, AppendOutcome::appended);
}

TEST(Opening, DamageInTheMiddleIsRefusedAndLeftAlone) {
  const TempDir dir;
  fill(dir.path(), 0, 40);
  const fs::path wal = wal_of(dir.path());
  std::string bytes = read_file(wal);
  bytes[bytes.size() / 2] ^= 1;
  write_file(wal, bytes);
  const auto before = snapshot(dir.path() + "/log");
  const Error error = refusal(dir.path());
  EXPECT_EQ(error.code, ErrorCode::corrupt) << error.what;
  EXPECT_EQ(snapshot(dir.path() + "/log"), before);
}

TEST(Opening, AnotherFormatOrAlgorithmIsRefused) {
  const TempDir dir;
  fill(dir.path(), 0, 3);
  {
    const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
    ASSERT_TRUE(store);
    const auto batch = (*store)->batch();
    batch->put(Family::about, kAlgorithmKey, "sm3");
    ASSERT_TRUE((*store)->write(*batch, true));
  }
  EXPECT_EQ(refusal(dir.path()).code, ErrorCode::refused);
}

// Each stored thing the opening rests on, altered behind the checksums of the database.
TEST(Opening, AlteredRecordsAndTilesAreRefused) {
  const TempDir dir;
  fill(dir.path(), 0, 700, 100);
  // Gives what was there.
  const auto alter = [&](Family family, const std::string& key, auto change) {
    const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
    EXPECT_TRUE(store);
    std::string value = **(*store)->get(family, key);
    const std::string before = value;
    change(value);
    const auto batch = (*store)->batch();
    batch->put(family, key, value);
    EXPECT_TRUE((*store)->write(*batch, true));
    return before;
  };
  const auto flip = [](std::string& value) { value[value.size() / 2] ^= 1; };
  const auto expect_refused = [&](Family family, const std::string& key, auto change) {
    const std::string before = alter(family, key, change);
    EXPECT_EQ(refusal(dir.path()).code, ErrorCode::corrupt);
    alter(family, key, [&](std::string& value) { value = before; });
    ASSERT_TRUE(EventLog::open(dir.path(), OpenMode::existing));
  };
  // Of a record: its content, its id, and the time that stands before them.
  const auto flip_in = [](const std::string& text, std::size_t offset) {
    return [=](std::string& page) { page[page.find(text) + offset] ^= 1; };
  };
  for (const std::uint64_t page : {0U, 600U}) {
    const std::string content = R"({"n":)" + std::to_string(page + 37) + "}";
    expect_refused(Family::pages, be64(page), flip_in(content, 5));
    expect_refused(Family::pages, be64(page), flip_in("id-" + std::to_string(page + 37), 1));
    expect_refused(Family::pages, be64(page), flip);
    expect_refused(Family::pages, be64(page), [](std::string& value) { value[1] ^= 1; });
  }
  expect_refused(Family::tiles, tile_key(0, 0), flip);
  expect_refused(Family::tiles, tile_key(0, 1), flip);
  expect_refused(Family::edge, std::string(1, kEventTree), flip);
}

// The index of identities is derived: what a crash takes of it is read again from the records.
TEST(Opening, LostIdentitiesAreReadAgain) {
  const TempDir dir;
  fill(dir.path(), 0, 700, 100);
  {
    const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
    ASSERT_TRUE(store);
    EXPECT_FALSE(*(*store)->get(Family::ids, kCoveredKey));
    const auto batch = (*store)->batch();
    for (Seq seq = 0; const AppendRecord& record : numbered_records(0, 250)) {
      batch->put(Family::ids, hash_bytes(record.identity), id_value(seq++, record.content));
    }
    batch->put(Family::ids, kCoveredKey, be64(250));
    ASSERT_TRUE((*store)->write(*batch, true));
  }
  const auto all = numbered_records(0, 700);
  {
    const auto reader = EventLog::open(dir.path(), OpenMode::read_only);
    ASSERT_TRUE(reader) << reader.error().what;
    for (const auto& record : all) ASSERT_TRUE(*(*reader)->find(record.identity));
  }
  const auto log = EventLog::open(dir.path(), OpenMode::existing);
  ASSERT_TRUE(log) << log.error().what;
  const auto again = (*log)->append(all, at(1000));
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ((*again)[i].kind, AppendOutcome::duplicate);
    EXPECT_EQ((*again)[i].seq, i);
  }
}

// After a mended tail the index may know of records that are no more.
TEST(Opening, IdentitiesOfWhatIsNotThereAreForgotten) {
  const TempDir dir;
  fill(dir.path(), 0, 20);
  {
    const auto store = open_rocks_log(dir.path() + "/log", StoreMode::strict);
    ASSERT_TRUE(store);
    const auto batch = (*store)->batch();
    for (Seq seq = 0; const AppendRecord& record : numbered_records(0, 30)) {
      batch->put(Family::ids, hash_bytes(record.identity), id_value(seq++, record.content));
    }
    batch->put(Family::ids, kCoveredKey, be64(30));
    ASSERT_TRUE((*store)->write(*batch, true));
  }
  const auto log = EventLog::open(dir.path(), OpenMode::existing);
  ASSERT_TRUE(log) << log.error().what;
  const auto done = (*log)->append(numbered_records(15, 30), at(1000));
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ((*done)[4].kind, AppendOutcome::duplicate);
  EXPECT_EQ((*done)[5].kind, AppendOutcome::appended);
  EXPECT_EQ((*done)[5].seq, 20U);
}

}  // namespace
}  // namespace lianqing
