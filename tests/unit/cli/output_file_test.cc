// What is written arrives whole and in order, however it falls on the memory that holds it.
#include "cli/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t kMebibyte = 1U << 20;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(OutputFile, LinesOfAllLengthsArriveInOrder) {
  const TempDir dir;
  const std::string path = dir.path() + "/out";
  std::string expected;
  {
    auto file = OutputFile::open(path, 0);
    ASSERT_TRUE(file);
    const std::size_t lengths[] = {0,         1, 191,           kMebibyte - 200, kMebibyte,
                                   kMebibyte, 0, 3 * kMebibyte, kMebibyte - 1,   7};
    char c = 'a';
    for (const std::size_t length : lengths) {
      const std::string line(length, c++);
      ASSERT_TRUE(file->line(line));
      expected += line + "\n";
      EXPECT_EQ(file->bytes(), expected.size());
    }
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(file->finish());
    EXPECT_EQ(content(path), expected);
    EXPECT_FALSE(fs::exists(path + ".partial"));
  }
  EXPECT_EQ(content(path), expected);
}

TEST(OutputFile, AnEarlierRunIsContinuedWhereItWasDurable) {
  const TempDir dir;
  const std::string path = dir.path() + "/out";
  {
    auto file = OutputFile::open(path, 0);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->text("kept\n"));
    ASSERT_TRUE(file->sync());
    EXPECT_EQ(content(path + ".partial"), "kept\n");
    ASSERT_TRUE(file->text("not known to be there\n"));
  }
  EXPECT_EQ(content(path + ".partial"), "kept\nnot known to be there\n");
  auto file = OutputFile::open(path, 5);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes(), 5U);
  OutputFile moved(std::move(*file));
  ASSERT_TRUE(moved.line("more"));
  ASSERT_TRUE(moved.finish());
  EXPECT_EQ(content(path), "kept\nmore\n");
  EXPECT_FALSE(OutputFile::open(path, 6));  // there is no partial file that long
}

TEST(OutputFile, APipeGetsTheSameBytes) {
  const TempDir dir;
  const std::string path = dir.path() + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::string got;
  std::jthread reader([&] { got = content(path); });
  auto file = OutputFile::open(path, 0);
  ASSERT_TRUE(file);
  const std::string line(kMebibyte + 17, 'x');
  ASSERT_TRUE(file->line(line));
  ASSERT_TRUE(file->line("last"));
  ASSERT_TRUE(file->finish());
  { const OutputFile closed(std::move(*file)); }
  reader.join();
  EXPECT_EQ(got, line + "\nlast\n");
}

TEST(OutputFile, WhatCannotBeWrittenIsToldWhenItIsWritten) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  auto file = OutputFile::open("/dev/full", 0);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->line("held"));
  const Status finished = file->finish();
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().code, ErrorCode::io);
  EXPECT_THAT(finished.error().what, HasSubstr("cannot write /dev/full: "));
  const Status large = file->text(std::string(2 * kMebibyte, 'x'));
  EXPECT_FALSE(large);
}

}  // namespace
}  // namespace lianqing
