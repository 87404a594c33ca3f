#include "connectors/sources/jsonl_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::HasSubstr;

class JsonLines : public testing::Test {
 protected:
  std::string write(const std::string& bytes) {
    const auto path = folder_ / std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  const TempDir temp_;
  const std::filesystem::path folder_ = temp_.path();
  int files_ = 0;
};

std::string gzip(const std::string& bytes) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Line {
  std::string bytes;
  std::uint64_t line;
  std::uint64_t byte;
  bool too_long = false;
  friend bool operator==(const Line&, const Line&) = default;
};
void PrintTo(const Line& line, std::ostream* out) {
  *out << line.line << '@' << line.byte << ' ' << line.bytes.substr(0, 40)
       << (line.too_long ? " too long" : "");
}

struct Everything {
  std::vector<Line> lines;
  std::uint64_t blank = 0;
  std::optional<Error> error;
};

Everything read(const std::string& path) {
  Everything out;
  auto file = JsonLinesFile::open(path, 0);
  if (!file) {
    out.error = file.error();
    return out;
  }
  for (;;) {
    const auto line = file->next();
    if (!line) {
      out.error = line.error();
      const auto again = file->next();
      EXPECT_FALSE(again.has_value()) << "an error stays";
      break;
    }
    if (!*line) break;
    out.lines.push_back(
        {std::string((*line)->bytes), (*line)->line, (*line)->byte, (*line)->too_long});
  }
  out.blank = file->blank_lines();
  return out;
}

TEST_F(JsonLines, DeliversLinesWithTheirPlace) {
  const auto got = read(write("{1}\n{22}\r\n\n  \t\r\n{333}"));
  EXPECT_EQ(got.lines, (std::vector<Line>{{"{1}", 1, 0}, {"{22}", 2, 4}, {"{333}", 5, 16}}));
  EXPECT_EQ(got.blank, 2U);
}

TEST_F(JsonLines, WholeLinesAheadCanBePassed) {
  auto file = JsonLinesFile::open(write("{1}\n\n{22}\r\n{333}\nlast"), 0);
  RawLines ahead = file->ahead();
  EXPECT_EQ(ahead.bytes, "{1}\n\n{22}\r\n{333}\n");
  EXPECT_EQ(ahead.line, 1U);
  file->pass(4, 1);
  EXPECT_EQ((*file->next())->bytes, "{22}");
  ahead = file->ahead();
  EXPECT_EQ(ahead.bytes, "{333}\n");
  EXPECT_EQ(ahead.line, 4U);
  EXPECT_EQ(ahead.byte, 11U);
  file->pass(6, 1);
  EXPECT_TRUE(file->ahead().bytes.empty());
  const auto last = *file->next();
  EXPECT_EQ(last->bytes, "last");
  EXPECT_EQ(last->line, 5U);
  EXPECT_EQ(last->byte, 17U);
  EXPECT_TRUE(file->ahead().bytes.empty());
  EXPECT_FALSE(file->next()->has_value());
  EXPECT_EQ(file->blank_lines(), 1U);
}

TEST_F(JsonLines, ALastLineEndMakesNoLine) {
  EXPECT_EQ(read(write("a\nb\n")).lines.size(), 2U);
  EXPECT_EQ(read(write("a\nb")).lines.size(), 2U);
  EXPECT_EQ(read(write("a\nb\n")).blank, 0U);
}

TEST_F(JsonLines, EmptyFilesAreFine) {
  for (const std::string bytes : {"", "\n", "\n\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n", "\xEF"}) {
    const auto got = read(write(bytes));
    EXPECT_FALSE(got.error.has_value());
    EXPECT_EQ(got.lines.size(), bytes == "\xEF" ? 1U : 0U);
    const auto zipped = read(write(gzip(bytes)));
    EXPECT_FALSE(zipped.error.has_value());
    EXPECT_EQ(zipped.lines, got.lines);
  }
}

TEST_F(JsonLines, AByteOrderMarkIsPassedOnlyAtTheStart) {
  EXPECT_EQ(read(write("\xEF\xBB\xBF{1}\n{2}")).lines,
            (std::vector<Line>{{"{1}", 1, 3}, {"{2}", 2, 7}}));
  EXPECT_EQ(read(write("{1}\n\xEF\xBB\xBF{2}")).lines[1].bytes, "\xEF\xBB\xBF{2}");
}

TEST_F(JsonLines, RefusesWhatCannotBeRead) {
  for (const std::string& path : {folder_.string(), (folder_ / "absent").string()}) {
    const auto file = JsonLinesFile::open(path, 0);
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().code, ErrorCode::io);
    EXPECT_THAT(file.error().what, HasSubstr(path));
  }
  EXPECT_THAT(read(folder_.string()).error->what, HasSubstr("is a directory"));
  if (::geteuid() != 0) {
    const std::string path = write("x");
    ::chmod(path.c_str(), 0);
    EXPECT_THAT(read(path).error->what, HasSubstr("denied"));
  }
}

// Lines of many lengths against a plain split of the text, so that every way a line can lie across
// the borders of a block occurs; as a file, and through gzip.
TEST_F(JsonLines, LinesAcrossBlocksComeWhole) {
  std::mt19937 random(1);
  std::string text;
  std::vector<Line> expected;
  std::uint64_t number = 0;
  while (text.size() < 9'000'000) {
    const std::size_t choice = random() % 20;
    const std::size_t length = choice == 0  ? random() % kMaxLineBytes
                               : choice < 3 ? random() % 70'000
                                            : 1 + random() % 600;
    std::string line(std::max<std::size_t>(length, 1), static_cast<char>('a' + random() % 26));
    expected.push_back({line, ++number, text.size()});
    text += line + (random() % 5 == 0 ? "\r\n" : "\n");
  }
  EXPECT_EQ(read(write(text)).lines, expected);
  EXPECT_EQ(read(write(gzip(text))).lines, expected);
}

TEST_F(JsonLines, TheLimitOfALineIsExact) {
  const std::string most(kMaxLineBytes, 'm');
  for (const std::size_t shift : {0U, 1U, 2U, 3U, 4095U, 4096U, 4097U}) {
    const std::string first(shift + 1, 's');
    const std::uint64_t start = first.size() + 1;
    for (const char* line_end : {"\n", "\r\n", ""}) {
      auto got = read(write(first + "\n" + most + line_end)).lines;
      ASSERT_EQ(got.size(), 2U);
      EXPECT_EQ(got[1], (Line{most, 2, start}));
      got = read(write(first + "\n" + most + "x" + line_end)).lines;
      ASSERT_EQ(got.size(), 2U);
      EXPECT_EQ(got[1], (Line{most + "x", 2, start, true}));
    }
  }
}

TEST_F(JsonLines, ALineOfTenMegabytesIsOneCutLine) {
  const std::string monster(10'000'000, 'x');
  const auto got = read(write("a\n" + monster + "\nb\n" + monster)).lines;
  ASSERT_EQ(got.size(), 4U);
  EXPECT_EQ(got[1], (Line{monster.substr(0, kMaxLineBytes + 1), 2, 2, true}));
  EXPECT_EQ(got[2], (Line{"b", 3, monster.size() + 3}));
  EXPECT_TRUE(got[3].too_long);
  EXPECT_EQ(read(write(gzip("a\n" + monster + "\nb\n" + monster))).lines, got);
  // A cut that falls on a carriage return in the middle is still a cut.
  std::string tricky = monster;
  tricky[kMaxLineBytes] = '\r';
  const auto cut = read(write(tricky + "\nb")).lines;
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_TRUE(cut[0].too_long);
}

TEST_F(JsonLines, GzipIsToldByContentAndMayHaveMembers) {
  const std::string both = gzip("{1}\n{2") + gzip("}\n") + gzip("") + gzip("{3}");
  const std::vector<Line> expected = {{"{1}", 1, 0}, {"{2}", 2, 4}, {"{3}", 3, 8}};
  EXPECT_EQ(read(write(both)).lines, expected);
  const auto padded = read(write(both + std::string(3000, '\0')));
  EXPECT_EQ(padded.lines, expected);
  EXPECT_FALSE(padded.error.has_value());
}

TEST_F(JsonLines, GzipCutAnywhereIsAnError) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "{\"n\":" + std::to_string(i * i * 7919) + "}\n";
  const std::string whole = gzip(text);
  const auto all = read(write(whole)).lines;
  for (std::size_t cut = 2; cut < whole.size(); ++cut) {
    const auto got = read(write(whole.substr(0, cut)));
    ASSERT_TRUE(got.error.has_value()) << cut;
    EXPECT_EQ(got.error->code, ErrorCode::corrupt);
    EXPECT_THAT(got.error->what, HasSubstr("middle of the compressed stream"));
    ASSERT_LE(got.lines.size(), all.size());
    EXPECT_TRUE(std::equal(got.lines.begin(), got.lines.end(), all.begin())) << "only whole lines";
  }
}

TEST_F(JsonLines, DamagedGzipIsAnError) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "{\"n\":" + std::to_string(i * i * 7919) + "}\n";
  const std::string whole = gzip(text);
  const auto all = read(write(whole)).lines;
  int harmless = 0;
  for (std::size_t at = 10; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto got = read(write(damaged));
    if (got.error) {
      EXPECT_EQ(got.error->code, ErrorCode::corrupt);
    } else {
      EXPECT_EQ(got.lines, all) << "harmless: unused bits before the checksum, byte " << at;
      ++harmless;
    }
  }
  EXPECT_LE(harmless, 1);
  EXPECT_THAT(read(write(whole + "tail")).error->what, HasSubstr("not gzip follow"));
  EXPECT_TRUE(read(write(whole + std::string(5, '\0') + "tail")).error.has_value());
  EXPECT_TRUE(read(write(whole + "\x1f")).error.has_value());
}

TEST_F(JsonLines, TellsProgressInBytesOnDisk) {
  const std::string zipped = gzip(std::string(3'000'000, ' ') + "\n{}");
  const std::string path = write(zipped);
  auto file = JsonLinesFile::open(path, 4).value();
  EXPECT_EQ(file.file_index(), 4U);
  EXPECT_EQ(file.name(), path);
  EXPECT_EQ(file.bytes_total(), zipped.size());
  while (file.next().value()) {
  }
  EXPECT_EQ(file.bytes_read(), zipped.size());
}

TEST_F(JsonLines, APipeMayTrickleByteByByte) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const std::string& bytes :
       {std::string("\xEF\xBB\xBF{1}\n{2}\n"), gzip("\xEF\xBB\xBF{1}\n{2}\n")}) {
    std::jthread writer([&] {
      const int fd = ::open(pipe.c_str(), O_WRONLY);
      for (const char c : bytes) ASSERT_EQ(::write(fd, &c, 1), 1);
      ::close(fd);
    });
    EXPECT_EQ(read(pipe).lines, (std::vector<Line>{{"{1}", 1, 3}, {"{2}", 2, 7}}));
  }
}

TEST_F(JsonLines, AWaitForAPipeCanBeEnded) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int writer = ::open(pipe.c_str(), O_RDWR);
  ASSERT_EQ(::write(writer, "{1}\n", 4), 4);
  std::stop_source stop;
  auto file = JsonLinesFile::open(pipe, 0, stop.get_token()).value();
  EXPECT_FALSE(file.bytes_total().has_value());
  EXPECT_EQ(file.next().value()->bytes, "{1}");
  std::jthread stopper([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  EXPECT_FALSE(file.next().value().has_value());
  ::close(writer);
}

TEST_F(JsonLines, StandardInputIsADash) {
  const std::string path = write("{1}\n");
  const int saved = ::dup(STDIN_FILENO);
  const int fd = ::open(path.c_str(), O_RDONLY);
  ::dup2(fd, STDIN_FILENO);
  ::close(fd);
  {
    auto file = JsonLinesFile::open("-", 0).value();
    EXPECT_EQ(file.name(), "standard input");
    EXPECT_EQ(file.next().value()->bytes, "{1}");
  }
  EXPECT_NE(::fcntl(STDIN_FILENO, F_GETFD), -1) << "standard input is not closed";
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

}  // namespace
}  // namespace lianqing
