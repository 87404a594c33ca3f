// Changes of level whose warnings have no reasons, held as a few numbers each until those of all
// units can be put in order; only then the warnings are written.
// Card: 56 bytes and 40 for each value, where the rendered line and what sorts it take 450; in
// order of time the search for a position in the log waits for memory seldom.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/leaving.h"
#include "engine/warning_id.h"

namespace lianqing {

class Fold;
struct Instance;
struct UnitState;

struct LevelChange {
  Instant time;
  Duration late_by{0};  // Warning::late_by; zero: none
  WarningIds::Id id;
  std::uint32_t unit = 0, key = 0;  // in HeldChanges
  std::uint32_t rule = 0, values = 0;
  Level from, to;
  Cause cause = Cause::timer;
  bool revoked = false;
};

// Those of one thread.
class HeldChanges {
 public:
  // The instance was at `from` until t. Values follow, one for each measure of its rule.
  void add(const Fold& fold, const UnitState& unit, const Instance& instance, Level from,
           Instant t);
  void add_value(Fact value) { values_.push_back(std::move(value)); }
  std::size_t size() const { return changes_.size(); }
  void clear();

 private:
  friend class Departure;

  std::vector<LevelChange> changes_;
  std::vector<std::string> units_;  // one after the other: a unit's changes come together
  std::vector<std::string> keys_;
  std::vector<Fact> values_;
};

// What one thread has for those outside: warnings or, if they have no reasons, changes.
struct Outgoing {
  HeldWarnings warnings;
  HeldChanges changes;

  std::size_t size() const { return warnings.size() + changes.size(); }
};

// All of it in order (instant, unit, rule, key), until `out` fails; then nothing is held any more.
// What `out` is given is valid until it returns. `seq_at` is asked in order of time.
[[nodiscard]] Status give_out(std::span<Outgoing* const> all, const Fold& fold,
                              const std::function<std::uint64_t(Instant)>& seq_at,
                              const Render& render,
                              const std::function<Status(const Leaving&)>& out);

}  // namespace lianqing
