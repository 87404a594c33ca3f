#include "connectors/sources/file_tail.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"
#include "tests/unit/connectors/source_contract.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

std::string line(std::size_t n) {
  return R"({"id":"e)" + std::to_string(n) + R"(","n":)" + std::to_string(n) + "}";
}

class FileTailTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name = "events.jsonl") const {
    return directory_.path() + "/" + name;
  }
  void add(const std::string& text, const std::string& name = "events.jsonl") const {
    std::ofstream(path(name), std::ios::app) << text;
  }
  void lines(std::size_t from, std::size_t to, const std::string& name = "events.jsonl") const {
    std::string text;
    for (std::size_t n = from; n < to; ++n) text += line(n) + "\n";
    add(text, name);
  }
  std::unique_ptr<Source> open(const std::string& cursor = {},
                               const std::string& name = "events.jsonl") const {
    Settings settings;
    settings.set("path", std::vector<std::string>{path(name)});
    settings.set("rotate_wait", std::int64_t{0});
    return *open_file_tail("tail", settings, cursor);
  }
  // The numbers that come next.
  static void expect_lines(Source& source, std::size_t from, std::size_t to) {
    const auto records = pull_all(source, to - from);
    ASSERT_EQ(records.size(), to - from);
    for (std::size_t n = from; n < to; ++n) EXPECT_EQ(records[n - from].bytes, line(n));
  }
  // A time that is later than that of all that was written before.
  void older(const std::string& name, int minutes) const {
    fs::last_write_time(path(name),
                        fs::file_time_type::clock::now() - std::chrono::minutes(minutes));
  }

  TempDir directory_;
};

TEST_F(FileTailTest, KeepsTheContract) {
  expect_source_contract({[this](std::size_t count) {
                            lines(0, 5);
                            add("not JSON\n");
                            lines(6, count);
                          },
                          [this](const std::string& cursor) { return open(cursor); }, 5});
}

TEST_F(FileTailTest, WaitsForTheEndOfALine) {
  add(line(0) + "\n" + R"({"id":)");
  const auto source = open();
  expect_lines(*source, 0, 1);
  Pull pull;
  std::stop_source stop;
  stop.request_stop();
  ASSERT_EQ(*source->next(pull, stop.get_token()), Pulled::nothing);
  EXPECT_EQ(*source->behind(), 0U);
  add(R"("e1","n":1})");
  ASSERT_EQ(*source->next(pull, stop.get_token()), Pulled::nothing);
  add("\r\n\n  \n" + line(2) + "\n");
  expect_lines(*source, 1, 3);
}

TEST_F(FileTailTest, FollowsARotationByRename) {
  lines(0, 3);
  const auto source = open();
  expect_lines(*source, 0, 3);
  fs::rename(path(), path("events.jsonl.1"));
  lines(3, 5, "events.jsonl.1");  // the writer has not noticed yet
  lines(5, 7);
  expect_lines(*source, 3, 7);
}

TEST_F(FileTailTest, FollowsSeveralRotationsThatItSlept) {
  lines(0, 3);
  const std::string cursor = pull_all(*open(), 2)[1].cursor;
  fs::rename(path(), path("events.jsonl.2"));
  older("events.jsonl.2", 20);
  lines(3, 6, "events.jsonl.1");
  older("events.jsonl.1", 10);
  lines(100, 102, "events.jsonl.3");  // older than what was read
  older("events.jsonl.3", 30);
  lines(200, 202, "events.jsonl.gz");
  lines(6, 8);
  expect_lines(*open(cursor), 2, 8);
}

TEST_F(FileTailTest, FollowsCopyAndTruncate) {
  lines(0, 3);
  const auto source = open();
  const auto seen = pull_all(*source, 3);
  lines(3, 4);  // not read before the copy is made
  fs::copy_file(path(), path("events.jsonl.1"));
  fs::resize_file(path(), 0);
  lines(4, 9);  // longer than before: only the content tells
  expect_lines(*source, 3, 9);
  expect_lines(*open(seen[2].cursor), 3, 9);
}

TEST_F(FileTailTest, ATruncatedFileBeginsAnew) {
  lines(0, 3);
  const auto source = open();
  expect_lines(*source, 0, 3);
  Pull pull;
  std::stop_source stop;
  stop.request_stop();
  ASSERT_EQ(*source->next(pull, stop.get_token()), Pulled::nothing);
  fs::resize_file(path(), 0);
  lines(7, 9);
  Pull after;
  ASSERT_EQ(*source->next(after, {}), Pulled::records);
  ASSERT_EQ(after.records.size(), 2U);  // all was read: nothing is missing
  EXPECT_EQ(after.records[0].bytes, line(7));
  EXPECT_EQ(after.notices.size(), 1U);
}

TEST_F(FileTailTest, AFileThatWasRewrittenWithTheSameBeginningGoesOn) {
  lines(0, 400);
  const std::string cursor = pull_all(*open(), 399)[398].cursor;
  lines(0, 402, "new");
  fs::rename(path("new"), path());  // another inode
  expect_lines(*open(cursor), 399, 402);
}

TEST_F(FileTailTest, SaysWhatItMissed) {
  lines(0, 5);
  const std::string cursor = pull_all(*open(), 3)[2].cursor;
  fs::remove(path());
  lines(10, 12);
  const auto records = pull_all(*open(cursor), 3);
  ASSERT_EQ(records.size(), 3U);
  ASSERT_TRUE(records[0].fault);
  EXPECT_EQ(records[0].fault->code, "gap");
  EXPECT_NE(records[0].bytes.find("events.jsonl from byte"), std::string::npos);
  EXPECT_EQ(records[1].bytes, line(10));
  // Told once: it is behind the gap now.
  expect_lines(*open(records[0].cursor), 10, 12);
}

TEST_F(FileTailTest, ReadsTheFilesOfAPatternByName) {
  lines(0, 2, "e-2026-03-01.jsonl");
  lines(2, 4, "e-2026-03-02.jsonl");
  add(line(4), "e-2026-03-02.jsonl");  // no line end: complete when the next file is there
  lines(90, 95, "other.jsonl");
  const auto source = open({}, "e-*.jsonl");
  expect_lines(*source, 0, 4);
  lines(5, 7, "e-2026-03-03.jsonl");
  const auto records = pull_all(*source, 3);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].bytes, line(4));
  EXPECT_EQ(records[2].bytes, line(6));
  expect_lines(*open(records[1].cursor, "e-*.jsonl"), 6, 7);
}

TEST_F(FileTailTest, AFileThatIsNotThereYetIsAFailure) {
  Pull pull;
  const auto pulled = open()->next(pull, {});
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::io);
}

TEST_F(FileTailTest, ALineThatIsTooLongIsOneBadRecord) {
  lines(0, 1);
  add(std::string(3'000'000, 'x') + "\n");
  lines(2, 3);
  const auto records = pull_all(*open(), 3);
  ASSERT_EQ(records.size(), 3U);
  ASSERT_TRUE(records[1].fault);
  EXPECT_EQ(records[1].fault->code, "size");
  EXPECT_EQ(records[2].bytes, line(2));
  expect_lines(*open(records[1].cursor), 2, 3);
}

TEST_F(FileTailTest, SettingsThatMakeNoSenseAreTold) {
  const auto faults = [](const std::string& path) {
    Settings settings;
    settings.set("path", std::vector<std::string>{path});
    return check_file_tail(settings).size();
  };
  EXPECT_EQ(faults("/var/*/events.jsonl"), 1U);
  EXPECT_EQ(faults("/var/log/"), 1U);
  EXPECT_EQ(faults("/var/log/*.jsonl"), 0U);
}

}  // namespace
}  // namespace lianqing
