// A kept pack is the pack: the same meaning, the same names, wherever it came from.
#include "cli/kept_packs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/pack_files.h"
#include "lianqing/ruleset.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHead = R"(version: 1
pack: {id: t, title: {zh: 试, en: Test}, timezone: Asia/Shanghai, calendar: ours}
)";
constexpr std::string_view kRules = R"(measures: {n: {count: c, over: 30d}}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 2"}
)";
constexpr std::string_view kYears =
    "calendar: ours\ntitle: {zh: 日, en: Days}\nsource: here\nyears: {2026: {Day: {off: "
    "[01-01]}}}\n";

PackTexts texts() {
  PackTexts out;
  out.files = {{"/etc/lianqing/pack/b head.yaml", std::string(kHead)},
               {"../shipped/规则.yaml", "version: 1\n" + std::string(kRules), 1}};
  out.calendars = {{"/etc/lianqing/pack/calendars/ours.yaml", std::string(kYears)},
                   {"/usr/share/lianqing/calendars/ours.yaml", "not read: another has its name"}};
  return out;
}

std::shared_ptr<const Program> compiled(const PackTexts& pack) {
  const auto program = compile_pack(pack.files, pack.calendars);
  EXPECT_TRUE(program) << (program ? "" : program.error().at(0).message.en);
  return program ? *program : nullptr;
}

TEST(KeptPacks, WhatWasKeptIsFoundAndMeansTheSame) {
  const TempDir dir;
  const PackTexts pack = texts();
  const auto program = compiled(pack);
  ASSERT_TRUE(program);
  const std::string hash = hash_text(*program);
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(find_kept_pack(dir.path(), hash), std::nullopt);
  for (int i = 0; i < 2; ++i) {  // keeping it again changes nothing
    const Status kept = keep_pack(dir.path(), *program, pack);
    ASSERT_TRUE(kept) << kept.error().what;
  }
  const auto folder = find_kept_pack(dir.path(), hash.substr(0, 8));
  ASSERT_EQ(folder, dir.path() + "/rules/" + hash);
  EXPECT_EQ(find_kept_pack(dir.path(), hash.substr(0, 7)), std::nullopt);  // too few digits
  const auto again = load_kept_pack(*folder);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ((*again)->hash, program->hash);
  ASSERT_EQ((*again)->sources.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {  // warnings say the same places
    EXPECT_EQ((*again)->sources[i].name, program->sources[i].name);
  }
}

TEST(KeptPacks, ItCanBeGivenWhereAPackCan) {
  const TempDir dir;
  const PackTexts pack = texts();
  const auto program = compiled(pack);
  ASSERT_TRUE(program);
  ASSERT_TRUE(keep_pack(dir.path(), *program, pack));
  const std::string folder = dir.path() + "/rules/" + hash_text(*program);
  const auto files = read_pack(folder);
  const auto calendars = read_calendars(folder);
  ASSERT_TRUE(files);
  ASSERT_TRUE(calendars);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ(files->at(1).layer, 1U);
  EXPECT_EQ(files->at(1).bytes, pack.files[1].bytes);
  ASSERT_EQ(calendars->size(), 1U);
  EXPECT_EQ(calendars->at(0).bytes, kYears);
}

TEST(KeptPacks, NamesLeadNowhere) {
  const TempDir dir;
  PackTexts pack = texts();
  pack.files[0].name = "../../a\tb\n/../c.yaml";
  pack.files[1].name = "..";
  const auto program = compiled(pack);
  ASSERT_TRUE(program);
  const Status kept = keep_pack(dir.path(), *program, pack);
  ASSERT_TRUE(kept) << kept.error().what;
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
    if (entry.is_regular_file()) ++files;
  }
  EXPECT_EQ(files, 4U);  // two rule files, a calendar, the list
}

TEST(KeptPacks, DamageIsSeen) {
  const TempDir dir;
  const PackTexts pack = texts();
  const auto program = compiled(pack);
  ASSERT_TRUE(program);
  ASSERT_TRUE(keep_pack(dir.path(), *program, pack));
  const std::string folder = dir.path() + "/rules/" + hash_text(*program);
  std::ofstream(folder + "/kept.tsv") << "lianqing-pack/1\nfile\t0\t../x\tx\n";
  const auto read = read_kept_pack(folder);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  std::ofstream(folder + "/kept.tsv") << "lianqing-pack/1\nfile\t0\tgone.yaml\tx\n";
  EXPECT_FALSE(read_kept_pack(folder));
}

}  // namespace
}  // namespace lianqing
