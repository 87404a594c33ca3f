#include "log/head_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

Head example() {
  Head head;
  head.log = "00112233445566778899aabbccddeeff";
  head.size = 70000;
  head.root = sha256({"a root"});
  return head;
}

TEST(HeadFile, GoldenBytes) {
  // Computed with sha256sum and base64.
  EXPECT_EQ(encode(example()),
            "lianqing-head/1\n"
            "log 00112233445566778899aabbccddeeff\n"
            "size 70000\n"
            "root sha256:ULMS9cvHFnWfViDXOnzBFBVwc0n0Gwzgt897eAfsMdo=\n"
            "sum 796ccd3d7d400541\n");
}

TEST(HeadFile, IsReplacedAsAWhole) {
  const TempDir dir;
  EXPECT_FALSE(*read_head(dir.path()));
  for (std::uint64_t size : {0U, 1U, 70000U}) {
    Head head = example();
    head.size = size;
    ASSERT_TRUE(write_head(dir.path(), head));
    const auto read = read_head(dir.path());
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->size, size);
    EXPECT_EQ((*read)->root, head.root);
    EXPECT_EQ((*read)->log, head.log);
  }
}

TEST(HeadFile, EveryAlteredByteIsSeen) {
  const std::string text = encode(example());
  ASSERT_TRUE(parse_head(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int bit : {0, 3, 6}) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ 1 << bit);
      EXPECT_FALSE(parse_head(other)) << i;
    }
    EXPECT_FALSE(parse_head(text.substr(0, i)));
  }
}

TEST(HeadFile, AWatermarkBelongsToItsLog) {
  const TempDir dir;
  {
    const auto file = AckedFile::open(dir.path(), "one");
    ASSERT_TRUE(file && file->write(7) && file->write(8));
  }
  EXPECT_EQ(read_acked(dir.path(), "one"), 8U);
  EXPECT_EQ(read_acked(dir.path(), "other"), std::nullopt);
  std::fstream bytes(dir.path() + "/acked", std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(7).put('\x09');
  bytes.close();
  EXPECT_EQ(read_acked(dir.path(), "one"), std::nullopt);
}

TEST(HeadFile, OneWriterPerDirectory) {
  const TempDir dir;
  const std::filesystem::path path = std::filesystem::path(dir.path()) / "lock";
  {
    const auto first = DirectoryLock::take(path);
    ASSERT_TRUE(first);
    const auto second = DirectoryLock::take(path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::refused);
  }
  EXPECT_TRUE(DirectoryLock::take(path));
}

}  // namespace
}  // namespace lianqing
