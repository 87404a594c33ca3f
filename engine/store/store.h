// Where unit states, identities and the position in the log are kept between runs. One commit is
// atomic: after a crash either all of it is there or nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/admit.h"
#include "lianqing/result.h"

namespace lianqing {

struct StoredUnit {
  std::string name;
  Instant due;            // Fold::due of the state
  std::string bytes;      // encode(): engine/state.h
  std::string outline{};  // encode_outline(): engine/outline.h
};

struct StoredIdentity {
  ContentHash identity;  // of (source, id)
  Known known;           // its unit's number means nothing between runs
  std::string unit;
};

// The caller's own, under keys of its own.
struct StoredNote {
  std::string key, value;
};

struct Commit {
  std::vector<StoredUnit> units;
  std::vector<StoredIdentity> identities;
  std::string meta;  // position, counts: engine/replay.cc
  std::vector<StoredNote> notes{};
};

class Store {
 public:
  virtual ~Store() = default;
  // Durable when it returns.
  [[nodiscard]] virtual Status commit(const Commit& commit) = 0;
  // The same, of what the caller needs no more: it may become durable later, beside the caller.
  [[nodiscard]] virtual Status take(Commit commit) { return this->commit(commit); }
  // Unit states only, ahead of a commit that will cover them; not yet visible after a crash.
  [[nodiscard]] virtual Status park(const StoredUnit& unit) = 0;
  [[nodiscard]] virtual Result<std::string> unit(const std::string& name) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> meta() = 0;
  // In bytewise order of their names; states are not read for it.
  [[nodiscard]] virtual Status each_unit(
      const std::function<void(std::string_view name, Instant due, std::string_view outline)>&
          visit) = 0;
  // In bytewise order of their keys.
  [[nodiscard]] virtual Status each_note(
      const std::function<void(std::string_view key, std::string_view value)>& visit) = 0;
  [[nodiscard]] virtual Status each_identity(
      const std::function<void(const StoredIdentity&)>& visit) = 0;
};

// In `directory`, created if missing; only one process at a time.
[[nodiscard]] Result<std::unique_ptr<Store>> open_rocks_store(const std::string& directory);
// The same as its last commit left it, beside a process that goes on writing; commit() fails.
[[nodiscard]] Result<std::unique_ptr<Store>> read_rocks_store(const std::string& directory);

// Forgets everything at the end; for tests.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

}  // namespace lianqing
