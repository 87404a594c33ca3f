#include "cli/serve/renames.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "cli/serve/live.h"
#include "lianqing/ruleset.h"
#include "tests/support/packs.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

constexpr std::string_view kPack = R"(version: 1
pack: {id: test, title: {zh: 试, en: Test}, timezone: Asia/Shanghai}
measures: {n: {count: complaint, over: 30d}}
rules: {many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 3"}}
)";

LiveOptions options(const TempDir& dir) {
  PackTexts texts{{{"pack.yaml", std::string(kPack)}}, {}};
  auto program = compile_pack(texts.files, texts.calendars);
  EXPECT_TRUE(program);
  LiveOptions out;
  out.data = dir.path();
  out.first = ReadPack{std::move(texts), *std::move(program)};
  out.units = {{"u1", {{"name_zh", std::string("老名")}, {"name_en", std::string("Old")}}}};
  return out;
}

std::unique_ptr<Live> started(const TempDir& dir) {
  auto live = Live::start(options(dir), [](Seq, Seq) {});
  EXPECT_TRUE(live) << (live ? "" : live.error().what);
  return live ? *std::move(live) : nullptr;
}

void take(Live& live, const std::string& id, const std::string& more, const std::string& when) {
  const std::string text = R"({"id":")" + id + R"(","source":"/s","type":"unit_changed",)" +
                           R"("time":"2026-03-01T00:00:00Z",)" + more + "}";
  EventDecoder decoder;
  Arena arena;
  std::vector<Record> records{decoder.decode(text, {}, arena)};
  std::get<Event>(records[0]).raw = text;
  const auto taken = live.take(records, {}, at(when));
  ASSERT_TRUE(taken);
  EXPECT_EQ((*taken)[0].detail, "");
}

std::string name(const Live& live, const std::string& unit) {
  const Bilingual& name = live.board().units().at(unit).name;
  return name.zh + "/" + name.en;
}

TEST(Renames, NamesFollowTheRecordsFromWhenOnTheyAre) {
  const TempDir dir;
  {
    const auto live = started(dir);
    EXPECT_EQ(name(*live, "u1"), "老名/Old");
    take(*live, "1", R"("unit":"u1","data":{"change":"rename","name":"新名"})",
         "2026-03-02T00:00:00Z");
    EXPECT_EQ(name(*live, "u1"), "新名/Old");
    take(*live, "2",
         R"("unit":"u1","data":{"change":"rename","effective":"2026-04-01","name_en":"New"})",
         "2026-03-03T00:00:00Z");
    take(*live, "3", R"("unit":"u9","data":{"change":"create","name":{"zh":"九","en":"Nine"}})",
         "2026-03-04T00:00:00Z");
    EXPECT_EQ(name(*live, "u1"), "新名/Old");
    EXPECT_EQ(name(*live, "u9"), "九/Nine");
    take(*live, "4", R"("unit":"u9","data":{"change":"dissolve","name":"没了"})",
         "2026-03-05T00:00:00Z");
    ASSERT_TRUE(live->checkpoint());
  }
  {
    const auto live = started(dir);  // from the checkpoint
    EXPECT_TRUE(live->report().from_checkpoint);
    EXPECT_EQ(live->report().refolded, 0U);
    EXPECT_EQ(name(*live, "u1"), "新名/Old");
    EXPECT_EQ(name(*live, "u9"), "九/Nine");
    ASSERT_TRUE(live->tick(at("2026-03-31T15:59:59Z")));
    EXPECT_EQ(name(*live, "u1"), "新名/Old");
    ASSERT_TRUE(live->tick(at("2026-03-31T16:00:00Z")));  // the day begins in the pack's zone
    EXPECT_EQ(name(*live, "u1"), "新名/New");
  }
  std::filesystem::remove_all(dir.path() + "/state");
  const auto live = started(dir);  // from the log
  EXPECT_FALSE(live->report().from_checkpoint);
  EXPECT_EQ(name(*live, "u1"), "新名/Old");
  EXPECT_EQ(name(*live, "u9"), "九/Nine");
}

// A checkpoint of a version that did not follow names is not believed to know them.
TEST(Renames, APositionWithoutNamesSaysSo) {
  LivePosition position;
  position.generation.reigns.emplace_back();
  position.names.reset();
  const auto before = LivePosition::decode(position.encode());
  ASSERT_TRUE(before);
  EXPECT_FALSE(before->names);
  position.names = Renames().encode();
  EXPECT_EQ(LivePosition::decode(position.encode())->names, position.names);
  EXPECT_FALSE(Renames::decode("x"));
}

}  // namespace
}  // namespace lianqing
