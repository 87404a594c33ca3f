// A store whose commits are made durable beside the thread that gives them: it waits for one only
// before it asks the store for something else, or gives the next one.
#pragma once

#include <memory>
#include <optional>

#include "engine/store/store.h"
#include "log/helper_thread.h"

namespace lianqing {

class StoreBehind final : public Store {
 public:
  explicit StoreBehind(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  ~StoreBehind() override { helper_.wait(); }

  // What it says is only that the commit was taken. If the disk has no room for it, it waits, and
  // all that follows fails (full) until there is; any other failure is told from then on.
  [[nodiscard]] Status commit(const Commit& commit) override { return take(commit); }
  [[nodiscard]] Status take(Commit commit) override;
  [[nodiscard]] Status park(const StoredUnit& unit) override;
  [[nodiscard]] Result<std::string> unit(const std::string& name) override;
  [[nodiscard]] Result<std::optional<std::string>> meta() override;
  [[nodiscard]] Status each_unit(
      const std::function<void(std::string_view name, Instant due, std::string_view outline)>&
          visit) override;
  [[nodiscard]] Status each_note(
      const std::function<void(std::string_view key, std::string_view value)>& visit) override;
  [[nodiscard]] Status each_identity(
      const std::function<void(const StoredIdentity&)>& visit) override;

  // What was committed is being written.
  bool is_busy() const { return !helper_.is_idle(); }
  // Waits for what was committed, and says whether it is durable.
  [[nodiscard]] Status settle();

 private:
  std::unique_ptr<Store> store_;
  std::optional<Commit> waiting_;  // the helper's while it is not idle, as is what came of it
  Status written_;
  HelperThread helper_;  // last: ends before what it uses
};

}  // namespace lianqing
