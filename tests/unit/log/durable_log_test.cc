// Appending, reading, erasing, copying: what is acknowledged is there, in order, bound to the tree.
#include "log/durable_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/log_records.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

Instant at(std::int64_t second) { return instant(1'700'000'000'000'000 + second * 1'000'000); }

std::unique_ptr<EventLog> open(const TempDir& dir, OpenMode mode = OpenMode::create) {
  auto log = EventLog::open(dir.path(), mode);
  EXPECT_TRUE(log) << (log ? "" : log.error().what);
  return log ? *std::move(log) : nullptr;
}

std::vector<AppendOutcome> append(EventLog& log, const std::vector<AppendRecord>& records,
                                  Instant recorded) {
  auto done = log.append(records, recorded);
  EXPECT_TRUE(done) << (done ? "" : done.error().what);
  return done ? *done : std::vector<AppendOutcome>{};
}

bool files_contain(const fs::path& directory, const std::string& needle) {
  for (const auto& file : fs::recursive_directory_iterator(directory)) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.find(needle) != std::string::npos) return true;
  }
  return false;
}

TEST(EventLog, WhatIsAppendedIsReadBackInOrder) {
  const TempDir dir;
  TreeHead head;
  {
    const auto log = open(dir);
    EXPECT_EQ(log->next_seq(), 0U);
    EXPECT_EQ(log->last_recorded(), kBeforeAll);
    const auto first = append(*log, numbered_records(0, 3), at(1));
    ASSERT_EQ(first.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(first[i].kind, AppendOutcome::appended);
      EXPECT_EQ(first[i].seq, i);
    }
    append(*log, numbered_records(3, 700), at(2));
    EXPECT_EQ(log->next_seq(), 700U);
    EXPECT_EQ(log->last_recorded(), at(2));
    head = log->tree_head();
  }
  const auto log = open(dir, OpenMode::existing);
  EXPECT_EQ(log->next_seq(), 700U);
  EXPECT_EQ(log->last_recorded(), at(2));
  EXPECT_EQ(log->tree_head().root, head.root);
  EXPECT_TRUE(log->notices().empty());
  const auto all = log->read(0, 10'000);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 700U);
  for (std::size_t i = 0; i < 700; ++i) {
    EXPECT_EQ((*all)[i].seq, i);
    EXPECT_EQ((*all)[i].recorded, i < 3 ? at(1) : at(2));
    EXPECT_EQ((*all)[i].bytes, R"({"n":)" + std::to_string(i) + "}");
  }
  const auto some = log->read(255, 3);
  ASSERT_TRUE(some && some->size() == 3);
  EXPECT_EQ((*some)[2].seq, 257U);
  EXPECT_EQ(log->read(700, 1)->size(), 0U);
  EXPECT_EQ(log->read(5, 0)->size(), 0U);
  EXPECT_EQ((*log->record(699))->bytes, R"({"n":699})");
  EXPECT_FALSE(*log->record(700));
}

TEST(EventLog, TheRootDoesNotDependOnBatches) {
  const auto root_of = [](std::size_t step) {
    const TempDir dir;
    OpenSettings settings;
    settings.salts = [](char* to, std::size_t size) {
      std::fill(to, to + size, 's');
      return Status{};
    };
    auto log = open_log(dir.path(), OpenMode::create, settings);
    EXPECT_TRUE(log);
    std::vector<Instant> same(step, at(1));
    for (std::uint64_t from = 0; from < 600; from += step) {
      const auto records = numbered_records(from, from + step);
      EXPECT_TRUE((*log)->append_history(records, same));
      if (from % 200 == 0) {
        log->reset();
        log = open_log(dir.path(), OpenMode::existing, settings);
      }
    }
    return (*log)->tree_head().root;
  };
  const std::string root = root_of(600);
  EXPECT_EQ(root_of(1), root);
  EXPECT_EQ(root_of(20), root);
  EXPECT_EQ(root_of(200), root);
}

TEST(EventLog, TheSameRecordAgainChangesNothing) {
  const TempDir dir;
  auto log = open(dir);
  append(*log, numbered_records(0, 10), at(1));
  const TreeHead head = log->tree_head();
  for (int again = 0; again < 2; ++again) {
    const auto outcomes = append(*log, numbered_records(2, 5), at(2));
    ASSERT_EQ(outcomes.size(), 3U);
    EXPECT_EQ(outcomes[0].kind, AppendOutcome::duplicate);
    EXPECT_EQ(outcomes[0].seq, 2U);
    EXPECT_EQ(log->tree_head().root, head.root);
    EXPECT_EQ(log->last_recorded(), at(1));
    log.reset();
    log = open(dir);
  }
  // Twice in one batch.
  auto twice = numbered_records(10, 11);
  twice.push_back(twice[0]);
  const auto outcomes = append(*log, twice, at(3));
  EXPECT_EQ(outcomes[0].kind, AppendOutcome::appended);
  EXPECT_EQ(outcomes[1].kind, AppendOutcome::duplicate);
  EXPECT_EQ(outcomes[1].seq, 10U);
}

TEST(EventLog, AConflictIsKeptInQuarantineOnce) {
  const TempDir dir;
  const auto log = open(dir);
  append(*log, {record_of("a", "one")}, at(1));
  for (int again = 0; again < 2; ++again) {
    const auto outcomes = append(*log, {record_of("a", "two"), record_of("b", "b")}, at(2 + again));
    EXPECT_EQ(outcomes[0].kind, AppendOutcome::conflict);
    EXPECT_EQ(outcomes[0].seq, 0U);
  }
  EXPECT_EQ(log->next_seq(), 2U);
  const auto kept = log->quarantined(0, 10);
  ASSERT_TRUE(kept && kept->size() == 1);
  EXPECT_EQ((*kept)[0].number, 0U);
  EXPECT_EQ((*kept)[0].at, at(2));
  EXPECT_EQ((*kept)[0].rejection.code, "conflict");
  EXPECT_EQ((*kept)[0].rejection.raw, "two");
}

TEST(EventLog, QuarantineKeepsWholeRecordsAcrossOpenings) {
  const TempDir dir;
  const Rejection bad{"json", "expected a value", {0, 17, 4096}, 12, std::string("{\0x", 3)};
  const Rejection worse{"utf8", "not UTF-8", {0, 18, 5000}, 1, "\xff"};
  {
    const auto log = open(dir);
    ASSERT_TRUE(log->quarantine(std::vector{bad}, at(1)));
  }
  const auto log = open(dir);
  ASSERT_TRUE(log->quarantine(std::vector{bad, worse}, at(2)));
  const auto kept = log->quarantined(0, 10);
  ASSERT_TRUE(kept && kept->size() == 2);
  EXPECT_EQ((*kept)[0].at, at(1));
  EXPECT_EQ((*kept)[0].rejection.code, "json");
  EXPECT_EQ((*kept)[0].rejection.detail, "expected a value");
  EXPECT_EQ((*kept)[0].rejection.origin.line, 17U);
  EXPECT_EQ((*kept)[0].rejection.origin.byte, 4096U);
  EXPECT_EQ((*kept)[0].rejection.column, 12U);
  EXPECT_EQ((*kept)[0].rejection.raw, bad.raw);
  EXPECT_EQ((*kept)[1].number, 1U);
  EXPECT_EQ(log->quarantined(1, 10)->size(), 1U);
}

TEST(EventLog, CursorsMoveWithTheirRecords) {
  const TempDir dir;
  auto log = open(dir);
  EXPECT_EQ(*log->cursor("/test"), "");
  append(*log,
         {record_of("a", "1", "s", "c1"), record_of("b", "2", "s", "c2"),
          record_of("c", "3", "t", "c9"), record_of("d", "4", "s")},
         at(1));
  log.reset();
  log = open(dir);
  EXPECT_EQ(*log->cursor("s"), "c2");
  EXPECT_EQ(*log->cursor("t"), "c9");
  // A source that was read again from the start moves on, although nothing is new.
  append(*log, {record_of("b", "2", "s", "c3")}, at(2));
  EXPECT_EQ(*log->cursor("s"), "c3");
  EXPECT_EQ(log->next_seq(), 4U);
}

TEST(EventLog, AConnectorsCursorIsItsOwnAndMovesBehindRefusedRecordsToo) {
  const TempDir dir;
  auto log = open(dir);
  AppendRecord read = record_of("a", "1", "s", "10:x");
  read.reader = "desk";
  append(*log, {read, record_of("b", "2", "s", "c2")}, at(1));
  EXPECT_EQ(*log->cursor("desk"), "10:x");
  EXPECT_EQ(*log->cursor("s"), "c2");
  const std::vector<ReaderCursor> moved{{"desk", "12:x"}, {"other", "1"}};
  ASSERT_TRUE(log->append({}, at(2), moved));
  log.reset();
  log = open(dir);
  EXPECT_EQ(*log->cursor("desk"), "12:x");
  EXPECT_EQ(*log->cursor("other"), "1");
  EXPECT_EQ(log->next_seq(), 2U);
  // A record that was there already; then both in one commit: what was refused came last.
  read.cursor = "14:x";
  append(*log, {read}, at(3));
  EXPECT_EQ(*log->cursor("desk"), "14:x");
  read.cursor = "16:x";
  ASSERT_TRUE(log->append(std::vector{read}, at(4), std::vector<ReaderCursor>{{"desk", "17:x"}}));
  EXPECT_EQ(*log->cursor("desk"), "17:x");
}

TEST(EventLog, RecordedTimesNeverGoBack) {
  const TempDir dir;
  const auto log = open(dir);
  append(*log, {record_of("a", "1")}, at(10));
  for (const Instant early : {at(9), at(10)}) {
    const auto done = log->append(std::vector{record_of("b", "2")}, early);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::usage);
  }
  // History may share an instant, also with what is there.
  const std::vector records{record_of("b", "2"), record_of("c", "3"), record_of("d", "4")};
  EXPECT_TRUE(log->append_history(records, std::vector{at(10), at(10), at(20)}));
  EXPECT_EQ(log->last_recorded(), at(20));
  const std::vector more{record_of("e", "5"), record_of("f", "6")};
  EXPECT_FALSE(log->append_history(more, std::vector{at(30), at(29)}));
  EXPECT_EQ(log->next_seq(), 4U);
  EXPECT_TRUE(log->append_history(more, std::vector{at(30), at(30)}));
}

TEST(EventLog, FactsAndWarningsOutliveTheProcess) {
  const TempDir dir;
  using Warnings = std::vector<std::pair<std::uint64_t, std::string>>;
  {
    const auto log = open(dir);
    ASSERT_TRUE(log->put_meta("token/1", "x"));
    ASSERT_TRUE(log->put_meta("token/1", "y"));
    ASSERT_TRUE(log->put_warnings(Warnings{{1, "a"}, {2, "b"}, {300, "c"}}));
    ASSERT_TRUE(log->put_warnings(
        Warnings{{2, "b2"}}, [](std::string_view text) { return "name of " + std::string(text); }));
    EXPECT_EQ(log->warning_named("name of b2").value(), 2U);
    EXPECT_EQ(log->warning_named("name of a").value(), std::nullopt);
    ASSERT_TRUE(log->sync());
  }
  const auto log = open(dir);
  EXPECT_EQ(**log->meta("token/1"), "y");
  EXPECT_FALSE(*log->meta("token/2"));
  EXPECT_FALSE(*log->meta("format"));  // the log's own facts are not the daemon's
  EXPECT_EQ(*log->warnings(2, 10), (Warnings{{2, "b2"}, {300, "c"}}));
  EXPECT_EQ(log->warnings(0, 1)->size(), 1U);
}

TEST(EventLog, ErasingTakesTheContentAndLeavesTheTree) {
  const TempDir dir;
  const std::string secret = "the name of the complainant 7f3a";
  const fs::path copy = dir.path() + "/copy";
  auto log = open(dir);
  append(*log, numbered_records(0, 300), at(1));
  append(*log, {record_of("s", secret)}, at(2));
  append(*log, numbered_records(300, 310), at(3));
  ASSERT_TRUE(log->sync());
  const TreeHead before = log->tree_head();
  const auto note = record_of("erase-300", R"({"why":"asked for"})", "/log");
  ASSERT_FALSE(log->erase(std::vector<Seq>{300, 999}, note, at(4)));
  EXPECT_EQ(log->tree_head().root, before.root);
  const Status erased = log->erase(std::vector<Seq>{300}, note, at(4));
  ASSERT_TRUE(erased) << erased.error().what;
  EXPECT_FALSE(files_contain(dir.path(), secret));

  const auto records = log->read(299, 20);
  ASSERT_TRUE(records) << records.error().what;
  EXPECT_EQ((*records)[0].bytes, R"({"n":299})");
  EXPECT_EQ((*records)[1].bytes, "");
  EXPECT_EQ((*records)[1].recorded, at(2));
  EXPECT_EQ((*records)[12].bytes, R"({"why":"asked for"})");
  // The identity stays, so the record does not come in again by accident.
  const auto again = append(*log, {record_of("s", "other content")}, at(5));
  EXPECT_EQ(again[0].kind, AppendOutcome::duplicate);
  EXPECT_EQ(again[0].seq, 300U);
  // Twice is refused, and so is erasing the note.
  EXPECT_FALSE(log->erase(std::vector<Seq>{300}, record_of("erase-2", "x", "/log"), at(6)));
  EXPECT_FALSE(log->erase(std::vector<Seq>{311}, record_of("erase-2", "x", "/log"), at(6)));
  const TreeHead after = log->tree_head();
  EXPECT_EQ(after.size, before.size + 1);
  log.reset();
  log = open(dir);
  EXPECT_EQ(log->tree_head().root, after.root);
}

// 4096 identities are indexed together, beside the commits: here with the note of the erasure.
TEST(EventLog, AnErasedContentDoesNotComeBackWithTheIndex) {
  const TempDir dir;
  auto log = open_log(dir.path(), OpenMode::create, {});
  ASSERT_TRUE(log);
  const auto records = numbered_records(0, 4095);
  append(**log, records, at(1));
  const auto note = record_of("erase-7", "why", "/log");
  ASSERT_TRUE((*log)->erase(std::vector<Seq>{7}, note, at(2)));
  (*log)->settle();
  EXPECT_EQ((*log)->recent(), 0U);
  for (const bool again : {false, true}) {
    if (again) {
      log->reset();
      log = open_log(dir.path(), OpenMode::existing, {});
      ASSERT_TRUE(log);
    }
    const auto erased = (*log)->known(records[7].identity);
    ASSERT_TRUE(erased && *erased);
    EXPECT_EQ((*erased)->seq, 7U);
    EXPECT_FALSE((*erased)->content);
    const auto other = (*log)->known(records[4094].identity);
    ASSERT_TRUE(other && *other);
    EXPECT_EQ((*other)->seq, 4094U);
    EXPECT_EQ((*other)->content, records[4094].content);
  }
}

TEST(EventLog, IdentitiesAreKnownWhileTheyAreBeingIndexed) {
  const TempDir dir;
  auto log = open(dir);
  const auto records = numbered_records(0, 30'000);
  for (std::size_t i = 0; i < 30; ++i) {
    const std::vector<AppendRecord> some(records.begin() + 1000 * i,
                                         records.begin() + 1000 * (i + 1));
    append(*log, some, at(1 + static_cast<std::int64_t>(i)));
    for (const std::size_t n : {std::size_t{0}, 500 * i, 1000 * i + 999}) {
      EXPECT_EQ(log->find(records[n].identity).value(), n);
    }
  }
  const auto again = append(*log, records, at(100));
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(again[i].kind, AppendOutcome::duplicate);
    ASSERT_EQ(again[i].seq, i);
  }
}

TEST(EventLog, ABackupIsALogOfItsOwn) {
  const TempDir dir;
  const fs::path from_writer = dir.path() + "/b1", from_reader = dir.path() + "/b2";
  const auto log = EventLog::open(dir.path() + "/data", OpenMode::create);
  ASSERT_TRUE(log);
  append(**log, numbered_records(0, 600), at(1));
  ASSERT_TRUE((*log)->put_meta("k", "v"));
  const TreeHead head = (*log)->tree_head();
  const Status made = (*log)->backup(from_writer);
  ASSERT_TRUE(made) << made.error().what;
  {
    // Beside the writer.
    const auto reader = EventLog::open(dir.path() + "/data", OpenMode::read_only);
    ASSERT_TRUE(reader) << reader.error().what;
    const Status copied = (*reader)->backup(from_reader);
    ASSERT_TRUE(copied) << copied.error().what;
  }
  append(**log, numbered_records(600, 700), at(2));
  EXPECT_FALSE((*log)->backup(from_writer)) << "a backup is never written over";
  for (const fs::path& place : {from_writer, from_reader}) {
    const auto copy = EventLog::open(place, OpenMode::existing);
    ASSERT_TRUE(copy) << copy.error().what;
    EXPECT_EQ((*copy)->tree_head().root, head.root);
    EXPECT_EQ((*copy)->read(0, 1000)->size(), 600U);
    EXPECT_EQ(**(*copy)->meta("k"), "v");
    append(**copy, numbered_records(600, 601), at(3));
  }
}

TEST(EventLog, AReaderSeesTheLogAsItWasAtOpening) {
  const TempDir dir;
  const auto log = open(dir);
  append(*log, numbered_records(0, 10), at(1));
  const auto reader = open(dir, OpenMode::read_only);
  append(*log, numbered_records(10, 20), at(2));
  EXPECT_EQ(reader->next_seq(), 10U);
  EXPECT_EQ(reader->read(0, 100)->size(), 10U);
  const auto refused = reader->append(numbered_records(20, 21), at(3));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace lianqing
