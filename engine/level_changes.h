// Changes of level whose warnings have no reasons, held as a few numbers each until those of all
// units can be put in order; only then they are written.
// Card: one line of the cache each (and 40 bytes for a value that is not its rule's only one or no
// whole number), where the rendered line and what sorts it take 450. They lie in pieces that are
// used again: nothing is moved when there are more.
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/leaving.h"
#include "engine/pieces.h"
#include "engine/warning_id.h"

namespace lianqing {

class Fold;
struct Instance;
struct UnitState;

struct alignas(64) LevelChange {
  std::int64_t time;  // in micros: no member has a value of its own, so that a piece has none
  WarningIds::Id id;
  std::int64_t whole;       // the value, if kWhole
  std::uint32_t unit, key;  // in HeldChanges
  std::uint32_t rule;
  std::uint32_t values;  // in HeldChanges, or kWhole: a whole number is all its rule reads
  Level from, to;
  Cause cause;
  bool revoked;

  static constexpr std::uint32_t kWhole = UINT32_MAX;
};
static_assert(sizeof(LevelChange) == 64);
static_assert(std::is_trivially_default_constructible_v<LevelChange>);

// Those of one thread.
class HeldChanges {
 public:
  // The instance was at `from` until t. Values follow, one for each measure of its rule.
  void add(const Fold& fold, const UnitState& unit, const Instance& instance, Level from,
           Instant t);
  void add_value(Fact value);
  std::size_t size() const { return changes_.size(); }
  void clear();

 private:
  friend class Departure;
  static constexpr std::uint32_t kNoRule = UINT32_MAX;

  Pieces<LevelChange> changes_;
  std::vector<std::string> units_;  // one after the other: a unit's changes come together
  std::vector<std::string> keys_;
  std::vector<Fact> values_;
  WarningIds::Stem stem_;  // of the ids of the newest unit and rule stem_of_
  std::uint32_t stem_of_ = kNoRule;
  std::size_t measures_ = 0;  // of the newest change's rule
};

// What one thread has for those outside: warnings or, if they have no reasons, changes.
struct Outgoing {
  HeldWarnings warnings;
  HeldChanges changes;

  std::size_t size() const { return warnings.size() + changes.size(); }
};

// All of it in order (instant, unit, rule, key), until `out` fails; then nothing is held any more.
// What `out` is given is valid until it returns. `seq_at` is asked in order of time; `render`
// writes what changes say, if somebody reads it.
[[nodiscard]] Status give_out(std::span<Outgoing* const> all, const Fold& fold,
                              const std::function<std::uint64_t(Instant)>& seq_at,
                              const RenderBrief& render,
                              const std::function<Status(const Leaving&)>& out);

}  // namespace lianqing
