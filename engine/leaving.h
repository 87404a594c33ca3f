// Warnings on their way out: rendered on the thread that made them, held until those of all units
// can be put in order.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/result.h"
#include "lianqing/warning.h"

namespace lianqing {

struct Leaving {
  Instant time;
  std::string unit, rule, key;
  bool keyed = false;
  Level from, to;
  bool shadow = false;
  std::string id;
  Cause cause = Cause::timer;
  bool revoked = false;
  std::uint64_t seq = 0;
  std::string text;
};

// Appends a warning's text to `out`; called from several threads.
using Render = std::function<void(const Warning&, std::string& out)>;

// Writes the text of a change without reasons anew; all else is there. `rule`: its index in the
// program; `values`: one for each of its measures. One thread calls it.
using RenderBrief = std::function<void(Leaving&, std::uint32_t rule, std::span<const Fact> values)>;

// Those of one thread. Card: the texts of a warning lie one behind the other in large blocks, which
// are used again; nothing else is allocated per warning.
class HeldWarnings {
 public:
  void add(const Warning& warning, const Render& render);
  std::size_t size() const { return held_.size(); }
  // Keeps as much memory as it has been filling since the last call.
  void clear();

 private:
  friend Status give_out(std::span<HeldWarnings* const> all,
                         const std::function<Status(const Leaving&)>& out);
  struct Held {
    Instant time;
    std::uint64_t seq;
    std::string_view unit, rule, key, id, text;
    Level from, to;
    Cause cause;
    bool keyed, shadow, revoked;
  };

  std::string_view keep(std::string_view text);

  std::vector<Held> held_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t used_ = 0;  // blocks in use; the last of them has room for `left_` at `at_`
  std::vector<std::unique_ptr<char[]>> large_;  // of texts that are no part of a block
  char* at_ = nullptr;
  std::size_t left_ = 0;
  std::string line_;
};

// All of them in order (instant, unit, rule, key), until `out` fails. What it is given is valid
// until it returns.
[[nodiscard]] Status give_out(std::span<HeldWarnings* const> all,
                              const std::function<Status(const Leaving&)>& out);

}  // namespace lianqing
