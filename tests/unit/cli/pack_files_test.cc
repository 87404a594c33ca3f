#include "cli/pack_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

class PackFiles : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const fs::path file = fs::path(folder_.path()) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  std::string at(const std::string& path) const {
    return (fs::path(folder_.path()) / path).string();
  }

  TempDir folder_;
};

TEST_F(PackFiles, AnExtendedPackIsReadFromBesideIt) {
  write("local/b.yaml", "rules: {}\n");
  write("local/a.yaml", "pack: {id: l, extends: ../city}\n");
  write("city/pack.yaml", "pack: {id: c, extends: base/pack.yaml}\n");
  write("city/base/pack.yaml", "pack: {id: b}\n");
  write("city/base/more.yaml", "not: read\n");
  const auto texts = read_pack(at("local"));
  ASSERT_TRUE(texts) << texts.error().what;
  std::vector<std::pair<std::string, std::uint32_t>> read;
  for (const SourceText& text : *texts) read.emplace_back(text.name, text.layer);
  const std::vector<std::pair<std::string, std::uint32_t>> expected = {
      {at("local/a.yaml"), 0},
      {at("local/b.yaml"), 0},
      {at("city/pack.yaml"), 1},
      {at("city/base/pack.yaml"), 2}};
  EXPECT_EQ(read, expected);
}

TEST_F(PackFiles, SeveralPacksLieSideBySideAndTheirBaseBelowThem) {
  write("all/pack.yaml", "pack: {id: all, extends: [../one, ../two]}\n");
  write("one/pack.yaml", "pack: {id: one, extends: ../base}\n");
  write("two/pack.yaml", "pack: {id: two, extends: [../one/../base]}\n");
  write("base/pack.yaml", "pack: {id: base}\n");
  const auto texts = read_pack(at("all"));
  ASSERT_TRUE(texts) << texts.error().what;
  std::vector<std::pair<std::string, std::uint32_t>> read;
  for (const SourceText& text : *texts) read.emplace_back(text.name, text.layer);
  const std::vector<std::pair<std::string, std::uint32_t>> expected = {{at("all/pack.yaml"), 0},
                                                                       {at("one/pack.yaml"), 1},
                                                                       {at("two/pack.yaml"), 1},
                                                                       {at("base/pack.yaml"), 2}};
  EXPECT_EQ(read, expected);
}

TEST_F(PackFiles, APackLiesBelowAllThatExtendIt) {
  write("all/pack.yaml", "pack: {id: all, extends: [../base, ../one]}\n");
  write("one/pack.yaml", "pack: {id: one, extends: ../base}\n");
  write("base/pack.yaml", "pack: {id: base}\n");
  const auto texts = read_pack(at("all"));
  ASSERT_TRUE(texts) << texts.error().what;
  ASSERT_EQ(texts->size(), 3U);
  EXPECT_EQ((*texts)[1].name, at("one/pack.yaml"));
  EXPECT_EQ((*texts)[2].name, at("base/pack.yaml"));
  EXPECT_EQ((*texts)[2].layer, 2U);
}

TEST_F(PackFiles, ANameThatIsNotBesideIsThatOfAShippedPack) {
  write("ours/pack.yaml", "pack: {id: o, extends: [base, index]}\n");
  write("ours/index/pack.yaml", "pack: {id: i}\n");
  const auto texts = read_pack(at("ours"));
  ASSERT_TRUE(texts) << texts.error().what;
  std::vector<std::string> names;
  for (const SourceText& text : *texts) names.push_back(text.name);
  const std::vector<std::string> expected = {
      at("ours/pack.yaml"), LIANQING_SOURCE_DIR "/rules/packs/base/events.yaml",
      LIANQING_SOURCE_DIR "/rules/packs/base/pack.yaml", at("ours/index/pack.yaml")};
  EXPECT_EQ(names, expected);
}

TEST_F(PackFiles, ACircleIsToldWithItsPlace) {
  write("a/pack.yaml", "version: 1\npack: {id: a, extends: ../b}\n");
  write("b/pack.yaml", "version: 1\npack: {id: b, extends: ../a/}\n");
  const auto texts = read_pack(at("a"));
  ASSERT_FALSE(texts);
  EXPECT_EQ(texts.error().code, ErrorCode::refused);
  EXPECT_EQ(texts.error().what, at("b/pack.yaml") + ":2: extends: packs extend each other in a " +
                                    "circle: " + at("a") + " -> " + at("b") + " -> " + at("a"));
}

TEST_F(PackFiles, AMissingBaseIsToldWithItsPlace) {
  write("a/pack.yaml", "version: 1\npack: {id: a, extends: ../b}\n");
  const auto texts = read_pack(at("a"));
  ASSERT_FALSE(texts);
  EXPECT_TRUE(
      texts.error().what.starts_with(at("a/pack.yaml") + ":2: extends: cannot read " + at("b")))
      << texts.error().what;
}

TEST_F(PackFiles, CalendarsOfTheBaseComeAfterThePacksOwn) {
  write("local/a.yaml", "pack: {id: l, extends: ../city}\n");
  write("local/calendars/cn.yaml", "calendar: cn\n");
  write("city/pack.yaml", "pack: {id: c}\n");
  write("city/calendars/city.yaml", "calendar: city\n");
  const auto texts = read_calendars(at("local"));
  ASSERT_TRUE(texts);
  ASSERT_GE(texts->size(), 3U);
  EXPECT_EQ((*texts)[0].name, at("local/calendars/cn.yaml"));
  EXPECT_EQ((*texts)[1].name, at("city/calendars/city.yaml"));
}

}  // namespace
}  // namespace lianqing
