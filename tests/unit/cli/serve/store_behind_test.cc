// Commits beside the thread that gives them: in order, told when they fail, none lost for want of
// room.
#include "cli/serve/store_behind.h"

#include <gtest/gtest.h>

#include <future>

namespace lianqing {
namespace {

// Notes the commits; waits for `gate` before each, and fails with `trouble` if there is any.
class Notebook final : public Store {
 public:
  Status commit(const Commit& commit) override {
    if (gate.valid()) gate.wait();
    if (trouble) return Unexpected<Error>(*trouble);
    metas.push_back(commit.meta);
    return {};
  }
  Status park(const StoredUnit& unit) override {
    metas.push_back("parked " + unit.name);
    return {};
  }
  Result<std::string> unit(const std::string&) override { return metas.back(); }
  Result<std::optional<std::string>> meta() override { return std::optional(metas.back()); }
  Status each_unit(
      const std::function<void(std::string_view, Instant, std::string_view)>&) override {
    return {};
  }
  Status each_note(const std::function<void(std::string_view, std::string_view)>&) override {
    return {};
  }
  Status each_identity(const std::function<void(const StoredIdentity&)>&) override { return {}; }

  std::vector<std::string> metas;
  std::shared_future<void> gate;
  std::optional<Error> trouble;
};

Commit commit_of(const std::string& meta) {
  Commit out;
  out.meta = meta;
  return out;
}

TEST(StoreBehind, ACommitIsNotWaitedForButByWhatFollows) {
  auto notebook = std::make_unique<Notebook>();
  std::promise<void> open;
  notebook->gate = open.get_future().share();
  Notebook& inner = *notebook;
  StoreBehind store(std::move(notebook));
  ASSERT_TRUE(store.commit(commit_of("a")));  // returns while the gate is shut
  open.set_value();
  EXPECT_EQ(store.unit("u").value(), "a");
  ASSERT_TRUE(store.commit(commit_of("b")));
  ASSERT_TRUE(store.park({"u", {}, {}}));
  ASSERT_TRUE(store.commit(commit_of("c")));
  ASSERT_TRUE(store.settle());
  EXPECT_EQ(inner.metas, (std::vector<std::string>{"a", "b", "parked u", "c"}));
}

TEST(StoreBehind, WhatTheDiskHadNoRoomForIsWrittenBeforeAnythingElse) {
  auto notebook = std::make_unique<Notebook>();
  Notebook& inner = *notebook;
  StoreBehind store(std::move(notebook));
  inner.trouble = Error{ErrorCode::full, "no room"};
  ASSERT_TRUE(store.commit(commit_of("a")));
  ASSERT_FALSE(store.commit(commit_of("b")));  // not taken
  ASSERT_FALSE(store.park({"u", {}, {}}));
  EXPECT_EQ(store.unit("u").error().code, ErrorCode::full);
  inner.trouble.reset();
  ASSERT_TRUE(store.park({"u", {}, {}}));
  EXPECT_EQ(inner.metas, (std::vector<std::string>{"a", "parked u"}));
}

TEST(StoreBehind, AnyOtherFailureStays) {
  auto notebook = std::make_unique<Notebook>();
  Notebook& inner = *notebook;
  StoreBehind store(std::move(notebook));
  inner.trouble = Error{ErrorCode::io, "broken"};
  ASSERT_TRUE(store.commit(commit_of("a")));
  EXPECT_EQ(store.settle().error().code, ErrorCode::io);
  inner.trouble.reset();
  EXPECT_EQ(store.commit(commit_of("b")).error().code, ErrorCode::io);
  EXPECT_EQ(store.meta().error().code, ErrorCode::io);
  EXPECT_TRUE(inner.metas.empty());
}

}  // namespace
}  // namespace lianqing
