#include "connectors/sources/event_files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string event(const std::string& id, int second, int recorded = -1) {
  const auto time = [](int s) { return format_rfc3339(instant(s * 1'000'000LL)); };
  return R"({"id":")" + id + R"(","source":"s","type":"t","time":")" + time(second) + "\"" +
         (recorded < 0 ? "" : R"(,"recordedtime":")" + time(recorded) + "\"") + "}";
}

class EventFilesTest : public testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    const auto path = folder_ / std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  std::string write(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return write(text);
  }

  const TempDir temp_;
  const std::filesystem::path folder_ = temp_.path();
  int files_ = 0;
};

// The ids in order; a rejection is its code; an error, its text at the end.
std::vector<std::string> read(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  auto files = EventFiles::open(paths);
  if (!files) return {files.error().what};
  RecordBatch batch;
  for (;;) {
    const auto more = files->next(batch);
    if (!more) {
      out.push_back(more.error().what);
      EXPECT_FALSE(files->next(batch).has_value());
      return out;
    }
    EXPECT_EQ(*more, !batch.records.empty());
    EXPECT_LE(batch.records.size(), kMaxBatchRecords);
    if (!*more) return out;
    for (const Record& record : batch.records) {
      const auto* event = std::get_if<Event>(&record);
      out.emplace_back(event != nullptr ? std::string(event->id)
                                        : std::get<Rejection>(record).code);
    }
  }
}

TEST_F(EventFilesTest, OneFileKeepsItsOrderWhateverItsTimes) {
  EXPECT_THAT(read({write({event("a", 5), event("b", 1), "broken", event("c", 9), event("d", 2)})}),
              ElementsAre("a", "b", "json", "c", "d"));
}

TEST_F(EventFilesTest, MergesByRecordedTimeElseTime) {
  EXPECT_THAT(read({write({event("a1", 1), event("a4", 9, 40), event("a5", 50)}),
                    write({event("b2", 2), event("b3", 1, 30), event("b6", 60)})}),
              ElementsAre("a1", "b2", "b3", "a4", "a5", "b6"));
}

TEST_F(EventFilesTest, TiesGoByFileThenLine) {
  const std::string a = write({event("a1", 1), event("a2", 1), event("a3", 3)});
  const std::string b = write({event("b1", 1), event("b2", 1), event("b3", 2)});
  const std::string c = write({event("c0", 0), event("c1", 1), event("c3", 3)});
  EXPECT_THAT(read({a, b, c}), ElementsAre("c0", "a1", "a2", "b1", "b2", "c1", "b3", "a3", "c3"));
  EXPECT_THAT(read({c, b, a}), ElementsAre("c0", "c1", "b1", "b2", "a1", "a2", "b3", "c3", "a3"));
}

TEST_F(EventFilesTest, AClockNeverFallsWithinAFile) {
  EXPECT_THAT(read({write({event("a10", 10), event("late", 2), event("a20", 20)}),
                    write({event("b5", 5), event("b10", 10), event("b15", 15)})}),
              ElementsAre("b5", "a10", "late", "b10", "b15", "a20"));
}

TEST_F(EventFilesTest, RejectionsStandWhereTheyStood) {
  EXPECT_THAT(read({write({"first", event("a10", 10), "{}", event("a20", 20), event("", 1)}),
                    write({event("b5", 5), "[]", event("b15", 15), event("b30", 30)})}),
              ElementsAre("json", "b5", "type", "a10", "missing", "b15", "a20", "empty", "b30"));
}

TEST_F(EventFilesTest, OriginNamesFileLineAndByte) {
  const std::string first = event("a", 1);
  auto files = EventFiles::open({write({first}), write("\n\n" + event("b", 2) + "\n" +
                                                       std::string(2'000'000, 'x') + "\n{")})
                   .value();
  RecordBatch batch;
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::string>> origins;
  while (files.next(batch).value()) {
    for (const Record& record : batch.records) {
      const auto* event = std::get_if<Event>(&record);
      const Origin origin = event != nullptr ? event->origin : std::get<Rejection>(record).origin;
      origins.emplace_back(origin.file, origin.line, origin.byte,
                           event != nullptr ? "" : std::get<Rejection>(record).code);
    }
  }
  const std::uint64_t second = event("b", 2).size() + 3;
  EXPECT_THAT(origins, ElementsAre(std::tuple(0, 1, 0, ""), std::tuple(1, 3, 2, ""),
                                   std::tuple(1, 4, second, "size"),
                                   std::tuple(1, 5, second + 2'000'001, "json")));
  EXPECT_EQ(files.blank_lines(), 2U);
  const ReadingProgress progress = files.progress();
  EXPECT_EQ(progress.bytes_read, progress.bytes_total);
}

TEST_F(EventFilesTest, NoFilesAndEmptyFilesEndAtOnce) {
  EXPECT_TRUE(read({}).empty());
  EXPECT_TRUE(read({write(""), write("\n\n")}).empty());
}

TEST_F(EventFilesTest, OpensAllBeforeReadingAny) {
  EXPECT_THAT(read({write({event("a", 1)}), (folder_ / "absent").string()}),
              ElementsAre(HasSubstr("absent")));
  EXPECT_THAT(read({"-", "-"}), ElementsAre(HasSubstr("named twice")));
  EXPECT_THAT(read(std::vector<std::string>(kMaxEventFiles + 1, "x")),
              ElementsAre(HasSubstr("at most 512")));
}

// Any interleaving, against sorting by the definition; across many chunks and batches.
TEST_F(EventFilesTest, TheMergeIsAStableSortByClock) {
  for (const std::size_t count : {1U, 2U, 3U, 7U}) {
    std::mt19937 random(static_cast<unsigned>(count));
    std::vector<std::string> paths;
    std::vector<std::tuple<int, std::size_t, int, std::string>> all;
    for (std::size_t f = 0; f < count; ++f) {
      std::vector<std::string> lines;
      int clock = 0, time = 0;
      for (int i = 0; i < 12'000; ++i) {
        time += static_cast<int>(random() % 12) - 4 - (random() % 1000 == 0 ? 500 : 0);
        time = std::max(time, 0);
        const std::string id = std::to_string(f) + "-" + std::to_string(i);
        const bool broken = random() % 50 == 0;
        if (!broken) clock = std::max(clock, time);
        all.emplace_back(clock, f, i, broken ? "json" : id);
        lines.push_back(broken ? "broken " + id : event(id, time));
      }
      paths.push_back(write(lines));
    }
    std::sort(all.begin(), all.end());
    std::vector<std::string> expected;
    for (const auto& [clock, file, line, id] : all) expected.push_back(id);
    for (int round = 0; round < 5; ++round) ASSERT_EQ(read(paths), expected);
  }
}

TEST_F(EventFilesTest, BatchesAreCutTheSameEveryTime) {
  std::vector<std::string> lines;
  for (int i = 0; i < 30'000; ++i)
    lines.push_back(event(std::to_string(i), i) +
                    std::string(static_cast<std::size_t>(i % 700), ' '));
  const std::string a = write(lines), b = write(lines);
  for (const std::vector<std::string>& paths : {std::vector<std::string>{a}, {a, b}}) {
    std::vector<std::vector<std::size_t>> runs;
    for (int round = 0; round < 4; ++round) {
      auto files = EventFiles::open(paths).value();
      RecordBatch batch;
      std::vector<std::size_t> sizes;
      while (files.next(batch).value()) sizes.push_back(batch.records.size());
      runs.push_back(sizes);
    }
    for (const auto& run : runs) EXPECT_EQ(run, runs[0]);
  }
}

TEST_F(EventFilesTest, ABatchOutlivesItsFilesAndTheNextBatch) {
  std::vector<std::string> lines;
  for (int i = 0; i < 10'000; ++i) lines.push_back(event("id number " + std::to_string(i), i));
  RecordBatch first, second;
  {
    auto files = EventFiles::open({write(lines), write(lines)}).value();
    ASSERT_TRUE(files.next(first).value());
    while (files.next(second).value()) {
    }
  }
  for (std::size_t i = 0; i < first.records.size(); ++i) {
    ASSERT_EQ(std::get<Event>(first.records[i]).id, "id number " + std::to_string(i / 2));
  }
}

TEST_F(EventFilesTest, AnErrorComesAfterWhatIsBeforeIt) {
  std::vector<std::string> lines;
  for (int i = 0; i < 9000; ++i) lines.push_back(event("e" + std::to_string(i * 2), i * 2));
  const std::string plain = write(lines), zipped = write(lines);
  ASSERT_EQ(std::system(("gzip -kf " + zipped).c_str()), 0);
  std::filesystem::resize_file(zipped + ".gz", std::filesystem::file_size(zipped + ".gz") / 2);
  const auto alone = read({zipped + ".gz"});
  ASSERT_GT(alone.size(), 100U);
  EXPECT_THAT(alone.back(), HasSubstr("middle of the compressed stream"));
  const auto merged = read({plain, zipped + ".gz"});
  EXPECT_EQ(merged.back(), alone.back());
  // Both files are the same: each record twice, up to the last whole one of the damaged file.
  EXPECT_EQ(merged.size(), 2 * (alone.size() - 1) + 1);
  for (int round = 0; round < 5; ++round) EXPECT_EQ(read({plain, zipped + ".gz"}), merged);
}

TEST_F(EventFilesTest, CanBeLeftInTheMiddle) {
  std::vector<std::string> lines;
  for (int i = 0; i < 60'000; ++i) lines.push_back(event(std::to_string(i), i));
  const std::string path = write(lines);
  for (int round = 0; round < 20; ++round) {
    auto files = EventFiles::open({path, path, path}).value();
    RecordBatch batch;
    for (int i = 0; i < round; ++i) ASSERT_TRUE(files.next(batch).has_value());
  }
}

TEST_F(EventFilesTest, ASilentPipeDoesNotHoldUpTheEnd) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int writer = ::open(pipe.c_str(), O_RDWR);
  ASSERT_EQ(::write(writer, "{}\n", 3), 3);
  { auto files = EventFiles::open({pipe}).value(); }
  ::close(writer);
}

// 4096 records of garbage are not kept whole at 64 KiB each.
// A record by its place and its texts; the same from a row.
std::string shown(const Record& record) {
  const auto* event = std::get_if<Event>(&record);
  if (event == nullptr) {
    const auto& rejection = std::get<Rejection>(record);
    return std::to_string(rejection.origin.line) + "@" + std::to_string(rejection.origin.byte) +
           " " + rejection.code;
  }
  return std::to_string(event->origin.line) + "@" + std::to_string(event->origin.byte) + " " +
         std::string(event->id) + "|" + std::string(event->unit) + "|" +
         std::string(event->source) + "|" + std::string(event->type) + "|" +
         std::to_string(micros(event->time));
}

std::vector<std::string> rows_of(const std::string& path) {
  std::vector<std::string> out;
  auto files = EventFiles::open({path}, {RowQuery{{"score"}, {"unit_changed"}}, false});
  std::vector<std::string> texts;
  for (;;) {
    const auto run = files->next_run();
    if (!run || !*run) return out;
    const RowBatch& batch = *(*run)->batch;
    if (texts.size() == batch.first_text)
      texts.insert(texts.end(), batch.texts.begin(), batch.texts.end());
    for (std::size_t i = (*run)->begin; i < (*run)->end; ++i) {
      const EventRow& row = batch.rows[i];
      if (row.whole != kNoText) {
        out.push_back(shown(batch.whole[row.whole]));
        continue;
      }
      const auto text = [&](std::uint32_t number) {
        return number == kNoText ? std::string() : texts[number];
      };
      out.push_back(std::to_string(row.line) + "@" + std::to_string(row.byte) + " " +
                    std::string(row.id()) + "|" + text(row.unit) + "|" + text(row.source) + "|" +
                    text(row.type) + "|" + std::to_string(micros(row.time)));
    }
  }
}

// Over many blocks, with lines of every kind where a block begins and ends.
TEST_F(EventFilesTest, RowsAreTheRecordsWhereverALineStands) {
  std::mt19937 random(5);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  for (int round = 0; round < 12; ++round) {
    std::string bytes = round % 3 == 0 ? "\xEF\xBB\xBF" : "";
    const unsigned count = round == 0 ? 1 : 3000;
    for (unsigned i = 0; i < count; ++i) {
      const std::string unit =
          (below(3) == 0 ? "某某街道办事处某某社区第" : "u-") + std::to_string(below(400));
      std::string line =
          R"({"id":")" + std::to_string(i) + std::string(below(50), 'i') + R"(","unit":")" + unit +
          R"(","source":"s)" + std::to_string(below(5)) + R"(","type":"t)" +
          std::string(below(40), 't') + R"(","time":"2026-01-01T00:00:00Z","data":{"score":)" +
          std::to_string(below(100)) + R"(,"note":")" + std::string(below(300), 'n') + "\"}}";
      switch (below(40)) {
        case 0: line = ""; break;
        case 1: line = " \t"; break;
        case 2: line += " "; break;
        case 3: line[below(static_cast<unsigned>(line.size()))] = '\xff'; break;
        case 4: line.resize(below(static_cast<unsigned>(line.size()))); break;
        case 5: line.replace(2, 2, "\\u0069d"); break;
        case 6: line += "\r\r"; break;
        case 7: line = line.substr(0, line.size() - 2) + R"(,"list":[1,2]}})"; break;
        case 8: line.replace(line.find("\"t"), 1 + 1, "\"unit_changed"); break;
        default: break;
      }
      if (round > 8 && below(1000) == 0) {
        line.insert(line.size() - std::min<std::size_t>(line.size(), 3),
                    std::string((1U << 20) - 100 - below(2) * 400 + below(500), 'm'));
      }
      bytes += line + (i + 1 == count && round % 2 == 0 ? "" : below(4) == 0 ? "\r\n" : "\n");
    }
    const std::string path = write(bytes);
    std::vector<std::string> expected;
    auto files = EventFiles::open({path});
    ASSERT_TRUE(files.has_value());
    for (RecordBatch batch; *files->next(batch);) {
      for (const Record& record : batch.records) expected.push_back(shown(record));
    }
    EXPECT_EQ(rows_of(path), expected) << round;
  }
}

TEST_F(EventFilesTest, GarbageDoesNotFillTheMemory) {
  std::string text;
  const std::string garbage(70'000, '!');
  for (int i = 0; i < 600; ++i) text += garbage + "\n";
  auto files = EventFiles::open({write(text)}).value();
  RecordBatch batch;
  std::size_t records = 0;
  while (files.next(batch).value()) {
    std::size_t bytes = 0;
    for (const Record& record : batch.records) bytes += std::get<Rejection>(record).raw.size();
    EXPECT_LE(bytes, 2U << 20);
    records += batch.records.size();
  }
  EXPECT_EQ(records, 600U);
}

}  // namespace
}  // namespace lianqing
