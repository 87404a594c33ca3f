// A checkpoint that is written down while the fold goes on is the one that would have been written
// at once.
#include "engine/checkpoint.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/support/packs.h"

namespace lianqing {
namespace {

constexpr std::string_view kPack = R"(
measures:
  n: {count: complaint, over: 3d}
  last: {last: amount, of: complaint, over: 9d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 2", red: "n >= 4"}
  dear: {title: {zh: 贵, en: Dear}, because: "{last}", yellow: "last >= 70"}
)";

constexpr std::string_view kPeers = R"(
measures:
  mean: {peers: n, stat: mean, every: day}
)";

// All that a store holds, as text.
std::map<std::string, std::string> contents(Store& store) {
  std::map<std::string, std::string> out;
  EXPECT_TRUE(store.each_unit([&](std::string_view name, Instant due, std::string_view outline) {
    out["unit " + std::string(name)] = std::to_string(micros(due)) + " " + std::string(outline);
  }));
  for (auto& [name, text] : out) text += " " + *store.unit(name.substr(5));
  EXPECT_TRUE(store.each_identity([&](const StoredIdentity& one) {
    out["record " + std::to_string(one.known.seq)] = one.unit;
  }));
  EXPECT_TRUE(store.each_note([&](std::string_view key, std::string_view value) {
    out["note " + std::string(key)] = value;
  }));
  out["meta"] = store.meta()->value_or("");
  return out;
}

// One that has no room now and then.
class Narrow final : public Store {
 public:
  Status commit(const Commit& commit) override {
    if (full) return failure(ErrorCode::full, "no room");
    return store_->commit(commit);
  }
  Status park(const StoredUnit& unit) override { return store_->park(unit); }
  Result<std::string> unit(const std::string& name) override { return store_->unit(name); }
  Result<std::optional<std::string>> meta() override { return store_->meta(); }
  Status each_unit(
      const std::function<void(std::string_view, Instant, std::string_view)>& visit) override {
    return store_->each_unit(visit);
  }
  Status each_note(const std::function<void(std::string_view, std::string_view)>& visit) override {
    return store_->each_note(visit);
  }
  Status each_identity(const std::function<void(const StoredIdentity&)>& visit) override {
    return store_->each_identity(visit);
  }

  bool full = false;

 private:
  std::unique_ptr<Store> store_ = make_memory_store();
};

struct Side {
  Side(const std::shared_ptr<const Program>& program, std::size_t cached)
      : replay(
            program, {{"u1", {}}, {"quiet", {}}}, options(cached), &store,
            [](const Warning&, std::string&) {}, [](const Leaving&) { return Status{}; },
            [](const Rejection&) {}) {}

  static ReplayOptions options(std::size_t cached) {
    ReplayOptions out;
    out.cached_units = cached;
    return out;
  }

  Narrow store;
  Replay replay;
};

// `bitwise` takes its checkpoints byte by byte while events come, `at_once` at once.
void compare(std::string_view text, unsigned seed, std::size_t cached) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  const auto program = pack(text);
  Side bitwise(program, cached), at_once(program, 1'000'000), late(program, 1'000'000);
  std::mt19937 random(seed);
  const auto below = [&random](unsigned n) { return random() % n; };
  Instant t = at("2026-03-01T00:00:00Z");
  bool under_way = false;
  int taken = 0, refused = 0;
  for (int i = 0; i < 400; ++i) {
    t += Duration{3'600'000'000LL * below(5)};
    const Event one = event("e" + std::to_string(i), "u" + std::to_string(below(30)), "complaint",
                            t, {{"amount", static_cast<int>(below(100))}});
    for (Replay* replay : {&bitwise.replay, &at_once.replay, &late.replay}) {
      ASSERT_TRUE(replay->admit(one));
      ASSERT_TRUE(replay->flush());
      ASSERT_TRUE(replay->judge_through(t));
    }
    t += Duration{1};
    if (under_way && below(3) == 0 && bitwise.replay.write_down(1 + below(3000))) {
      under_way = false;
      bitwise.store.full = below(4) == 0;
      const Status ended = bitwise.replay.end_checkpoint({{"life", std::to_string(taken)}});
      ASSERT_EQ(ended.has_value(), !bitwise.store.full);
      if (bitwise.store.full) {
        ++refused;
      } else {
        ASSERT_EQ(contents(bitwise.store), contents(at_once.store));
        ++taken;
      }
    }
    if (!under_way && below(6) == 0) {
      const std::string position = std::to_string(i);
      bitwise.replay.begin_checkpoint(position);
      ASSERT_TRUE(at_once.replay.checkpoint(position, {{"life", std::to_string(taken)}}));
      under_way = true;
    }
  }
  // Whoever wrote all of it at the end has the same.
  ASSERT_TRUE(at_once.replay.checkpoint("end", {{"life", "end"}}));
  ASSERT_TRUE(late.replay.checkpoint("end", {{"life", "end"}}));
  EXPECT_EQ(contents(at_once.store), contents(late.store));
  EXPECT_GT(taken, 5);
  EXPECT_GT(refused, 0);
}

TEST(Checkpoint, WrittenDownBitByBitIsOfWhenItWasBegun) {
  for (unsigned seed = 1; seed <= 8; ++seed) compare(kPack, seed, 1'000'000);
}

TEST(Checkpoint, NoUnitLeavesMemoryWhileItIsUnderWay) {
  const auto program = pack(kPack);
  Side few(program, 4), all(program, 1'000'000);
  Instant t = at("2026-03-01T00:00:00Z");
  for (int i = 0; i < 60; ++i) {
    t += Duration{60'000'000};
    for (Replay* replay : {&few.replay, &all.replay}) {
      ASSERT_TRUE(replay->admit(event("e" + std::to_string(i), "u" + std::to_string(i % 20),
                                      "complaint", t, {{"amount", i}})));
      ASSERT_TRUE(replay->flush());
    }
    EXPECT_EQ(few.replay.crowded(), i > 31 && i < 50) << i;
    if (i == 30) few.replay.begin_checkpoint("30");
    if (i != 49) continue;
    while (!few.replay.write_down(1)) {
    }
    ASSERT_TRUE(few.replay.end_checkpoint({}));
    ASSERT_TRUE(few.replay.flush());
  }
  ASSERT_TRUE(few.replay.checkpoint("end"));
  ASSERT_TRUE(all.replay.checkpoint("end"));
  EXPECT_EQ(contents(few.store), contents(all.store));
}

TEST(Checkpoint, UnitsThatLookAtEachOtherToo) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    compare(std::string(kPeers) + std::string(kPack.substr(kPack.find("  n:"))), seed, 1'000'000);
  }
}

}  // namespace
}  // namespace lianqing
