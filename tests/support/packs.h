// What the engine's tests share: packs from text, events from words, a replay run to its end.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/replay.h"
#include "lianqing/event.h"
#include "lianqing/ruleset.h"
#include "rules/program.h"

namespace lianqing {

// Compiles the pack; adds `version: 1`, and a head of id `test` (Asia/Shanghai, calendar `test`:
// 2026, no holidays) if the text has none. Stops the test with the diagnostics if it does not
// compile.
std::shared_ptr<const Program> pack(std::string_view yaml);

// A value of an event's data as a test writes it.
struct Value {
  std::variant<std::monostate, bool, Number, std::string, std::vector<Value>> value;
  Value() = default;
  Value(bool v) : value(v) {}                           // NOLINT: written as it is
  Value(int v) : value(Number(v)) {}                    // NOLINT
  Value(Number v) : value(v) {}                         // NOLINT
  Value(const char* v) : value(std::string(v)) {}       // NOLINT
  Value(std::string v) : value(std::move(v)) {}         // NOLINT
  Value(std::vector<Value> v) : value(std::move(v)) {}  // NOLINT
};
using Data = std::vector<std::pair<std::string, Value>>;

// An event of source `test`; its texts live as long as the process. `recorded` may be empty.
Event event(std::string_view id, std::string_view unit, std::string_view type,
            std::string_view time, const Data& data = {}, std::string_view recorded = {});
Event event(std::string_view id, std::string_view unit, std::string_view type, Instant time,
            const Data& data = {}, std::optional<Instant> recorded = std::nullopt);

Instant at(std::string_view rfc3339);

struct RunOptions {
  ReplayOptions replay;
  std::vector<RegisteredUnit> units;
  std::size_t flush_every = 0;  // events; 0: only at the end
};

struct Ran {
  std::vector<Warning> warnings;  // in the order they left
  std::vector<Rejection> rejections;
  Counts counts;
  std::string error;  // empty: none

  // `2026-03-05T02:00:00Z u1 surge[key] green>yellow event`, one per warning.
  std::vector<std::string> lines() const;
  // All that a warning says, one text per warning; without log positions if `identity` is false.
  std::vector<std::string> full(bool identity = true) const;
};

// One Replay with what it gives out.
class Machine {
 public:
  explicit Machine(std::shared_ptr<const Program> program, RunOptions options = {},
                   Store* store = nullptr);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  Replay& replay() { return *replay_; }
  // Admits [first, last), flushing as the options say; false after a failure (see ran().error).
  bool feed(const std::vector<Event>& events, std::size_t first, std::size_t last);
  bool finish();
  bool check(const Status& status);
  Ran& ran() { return ran_; }

 private:
  struct Rendered;
  RunOptions options_;
  std::unique_ptr<Rendered> rendered_;
  Ran ran_;
  std::unique_ptr<Replay> replay_;
};

Ran run(std::shared_ptr<const Program> program, const std::vector<Event>& events,
        RunOptions options = {});

}  // namespace lianqing
