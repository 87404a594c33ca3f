#include "engine/store/store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "engine/store/format.h"
#include "tests/support/packs.h"
#include "tests/support/temp_dir.h"

namespace lianqing {
namespace {

using Dues = std::map<std::string, Instant>;

Dues dues(Store& store) {
  Dues out;
  EXPECT_TRUE(store.each_unit(
      [&](std::string_view name, Instant due, std::string_view) { out[std::string(name)] = due; }));
  return out;
}

using Texts = std::map<std::string, std::string>;

Texts outlines(Store& store) {
  Texts out;
  EXPECT_TRUE(store.each_unit([&](std::string_view name, Instant, std::string_view outline) {
    out[std::string(name)] = outline;
  }));
  return out;
}

Texts notes(Store& store) {
  Texts out;
  EXPECT_TRUE(store.each_note(
      [&](std::string_view key, std::string_view value) { out[std::string(key)] = value; }));
  return out;
}

std::map<ContentHash, Seq> identities(Store& store) {
  std::map<ContentHash, Seq> out;
  EXPECT_TRUE(
      store.each_identity([&](const StoredIdentity& one) { out[one.identity] = one.known.seq; }));
  return out;
}

std::unique_ptr<Store> opened(const TempDir& dir) {
  auto store = open_rocks_store(dir.path());
  if (!store) {
    ADD_FAILURE() << store.error().what;
    return nullptr;
  }
  return *std::move(store);
}

// What every store does while it is open.
void expect_contract(Store& store) {
  EXPECT_FALSE(store.meta()->has_value());
  ASSERT_TRUE(store.commit(
      {{{"u", instant(5), "one"}, {"v", kNever, ""}}, {{{1, 2}, {{3, 4}, 7}, "u"}}, "first"}));
  EXPECT_EQ(*store.meta(), "first");
  EXPECT_EQ(*store.unit("u"), "one");
  EXPECT_EQ(*store.unit("v"), "");
  EXPECT_EQ(dues(store), (Dues{{"u", instant(5)}, {"v", kNever}}));
  ASSERT_TRUE(store.park({"u", instant(6), "two", "yellow"}));
  EXPECT_EQ(*store.unit("u"), "two");
  ASSERT_TRUE(store.park({"w", instant(-8), "new"}));
  EXPECT_EQ(*store.unit("w"), "new");
  ASSERT_TRUE(store.commit({{{"v", instant(9), "vv", "red"}},
                            {{{5, 6}, {{0, 0}, 8}, "v"}},
                            "second",
                            {{"a", "1"}, {"b", "2"}}}));
  EXPECT_EQ(*store.meta(), "second");
  EXPECT_EQ(outlines(store), (Texts{{"u", "yellow"}, {"v", "red"}, {"w", ""}}));
  EXPECT_EQ(notes(store), (Texts{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(dues(store), (Dues{{"u", instant(6)}, {"v", instant(9)}, {"w", instant(-8)}}));
  EXPECT_EQ(identities(store), (std::map<ContentHash, Seq>{{{1, 2}, 7}, {{5, 6}, 8}}));
  // A unit both parked and in the commit: the commit is the newer.
  ASSERT_TRUE(store.park({"u", instant(1), "parked"}));
  ASSERT_TRUE(store.commit({{{"u", instant(2), "committed"}}, {}, "third", {{"a", "3"}}}));
  EXPECT_EQ(*store.unit("u"), "committed");
  EXPECT_EQ(notes(store), (Texts{{"a", "3"}, {"b", "2"}}));
}

TEST(MemoryStore, KeepsWhatIsCommittedAndParked) { expect_contract(*make_memory_store()); }

TEST(RocksStore, KeepsWhatIsCommittedAndParked) {
  const TempDir dir;
  const auto store = opened(dir);
  ASSERT_TRUE(store);
  expect_contract(*store);
}

TEST(RocksStore, ReopensWithWhatWasCommitted) {
  const TempDir dir;
  {
    const auto store = opened(dir);
    ASSERT_TRUE(store);
    expect_contract(*store);
    ASSERT_TRUE(store->park({"u", instant(3), "lost"}));
    ASSERT_TRUE(store->park({"x", instant(3), "lost"}));
  }
  const auto store = opened(dir);
  ASSERT_TRUE(store);
  EXPECT_EQ(*store->meta(), "third");
  EXPECT_EQ(*store->unit("u"), "committed");
  EXPECT_EQ(*store->unit("w"), "new");
  EXPECT_FALSE(store->unit("x").has_value());
  EXPECT_EQ(dues(*store), (Dues{{"u", instant(2)}, {"v", instant(9)}, {"w", instant(-8)}}));
  EXPECT_EQ(identities(*store).size(), 2U);
  EXPECT_EQ(outlines(*store), (Texts{{"u", ""}, {"v", "red"}, {"w", ""}}));
  EXPECT_EQ(notes(*store), (Texts{{"a", "3"}, {"b", "2"}}));
}

TEST(RocksStore, IsOpenOnlyOnce) {
  const TempDir dir;
  const auto store = opened(dir);
  ASSERT_TRUE(store);
  const auto second = open_rocks_store(dir.path());
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().what.find(dir.path()), std::string::npos);
}

TEST(StoreFormat, GoesAround) {
  for (const Instant due :
       {instant(0), instant(-1), instant(63), instant(64), kNever, kBeforeAll}) {
    const std::string value = format::parked_value({"u", due, "bytes", "outline"});
    const auto [heading, state] = format::parked_from(value);
    EXPECT_EQ(state, "bytes");
    EXPECT_EQ(heading, format::heading_value(due, "outline"));
    EXPECT_EQ(format::heading_from(heading).first, due);
    EXPECT_EQ(format::heading_from(heading).second, "outline");
  }
  const ContentHash hash{0x0102030405060708U, 0xfffefdfcfbfaf9f8U};
  EXPECT_EQ(format::hash_from(format::hash_bytes(hash)), hash);
  const std::string key = format::hash_bytes({7, 8});
  const std::string value =
      format::identity_value({{7, 8}, {hash, 300, 0, kNone, RecordKind::decision}, "u"});
  const auto one = format::identity_from(key, value);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->known.seq, 300U);
  EXPECT_EQ(one->known.type, kNone);
  EXPECT_EQ(one->known.kind, RecordKind::decision);
  EXPECT_EQ(one->unit, "u");
  EXPECT_FALSE(format::identity_from(key, value + "x").has_value());
  EXPECT_FALSE(format::identity_from(key, std::string_view(value).substr(0, 18)).has_value());
}

// A store whose first commit finds no room.
class FullOnce final : public Store {
 public:
  explicit FullOnce(Store& store) : store_(store) {}
  Status commit(const Commit& commit) override {
    return ++commits_ == 1 ? failure(ErrorCode::full, "no room") : store_.commit(commit);
  }
  Status park(const StoredUnit& unit) override { return store_.park(unit); }
  Result<std::string> unit(const std::string& name) override { return store_.unit(name); }
  Result<std::optional<std::string>> meta() override { return store_.meta(); }
  Status each_unit(
      const std::function<void(std::string_view, Instant, std::string_view)>& visit) override {
    return store_.each_unit(visit);
  }
  Status each_note(const std::function<void(std::string_view, std::string_view)>& visit) override {
    return store_.each_note(visit);
  }
  Status each_identity(const std::function<void(const StoredIdentity&)>& visit) override {
    return store_.each_identity(visit);
  }

 private:
  Store& store_;
  int commits_ = 0;
};

TEST(Store, ACheckpointThatFoundNoRoomIsWholeTheNextTime) {
  const auto store = make_memory_store();
  FullOnce full(*store);
  Replay replay(
      pack("rules: {r: {title: R, yellow: \"n >= 1\"}}\nmeasures: {n: {count: complaint}}\n"), {},
      {}, &full, [](const Warning&, std::string&) {}, [](const Leaving&) { return Status{}; },
      [](const Rejection&) {});
  for (const char* unit : {"u", "v"}) {
    ASSERT_TRUE(replay.admit(event(unit, unit, "complaint", "2026-03-02T01:00:00Z")));
  }
  ASSERT_TRUE(replay.flush());
  const Status first = replay.checkpoint("1");
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::full);
  EXPECT_TRUE(dues(*store).empty());
  ASSERT_TRUE(replay.checkpoint("2"));
  EXPECT_EQ(dues(*store).size(), 2U);
  EXPECT_EQ(identities(*store).size(), 2U);
}

}  // namespace
}  // namespace lianqing
