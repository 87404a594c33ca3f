// The units of a replay: their numbers, where each one is (in memory or in the store), and when
// each is due.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fold.h"
#include "engine/store/store.h"

namespace lianqing {

// One unit of the register. Columns become `unit.*`.
struct RegisteredUnit {
  std::string id;
  std::vector<std::pair<std::string, Fact>> columns;
};

class Roster {
 public:
  struct Slot {
    std::string name;
    std::unique_ptr<UnitState> state;  // null: in the store, or not made yet
    bool stored = false;
    bool ours = false;         // what is stored was written by this process
    std::uint32_t marked = 0;  // the round of mark() in which it was marked last; 0: it is stored
    bool flat = false;         // has events that no state tells of (flat_fold.h)
    Instant due = kNever;
    std::uint64_t last_used = 0;
  };

  // `store` may be null. All must outlive the roster.
  Roster(const Fold& fold, Symbols& symbols, Store* store, std::vector<RegisteredUnit> units);

  // The dense number of a unit name.
  std::uint32_t number(std::string_view name);
  std::size_t size() const { return slots_.size(); }
  std::size_t resident() const { return resident_; }  // in memory
  Slot& slot(std::uint32_t number) { return slots_[number]; }
  const std::deque<Slot>& slots() const { return slots_; }
  const std::map<std::string, RegisteredUnit>& registered() const { return registered_; }
  // The unit's number, or kNone.
  std::uint32_t find(std::string_view name) const;

  // The state, fetched or made if need be; stays where it is while it is resident.
  Result<UnitState*> load(std::uint32_t number);
  // Takes up the units that the store knows.
  Status resume(const std::function<void(std::uint32_t number, Instant due)>& visit);
  // The state is about to change, or may be.
  void mark(std::uint32_t number);
  // The units that were marked since the last snapshot, evicted ones among them.
  const std::vector<std::uint32_t>& marked() const { return marked_; }
  // A snapshot, as of now, of the states that were marked since the one before. Until it is
  // taken nothing may be evicted.
  void begin_snapshot();
  // Writes down about so many bytes more of it. True: all of it is.
  bool write_down(std::size_t bytes);
  std::vector<StoredUnit> take_snapshot();
  void snapshot_not_kept();  // the store does not have what was taken: it is part of the next one
  // The state as the newest commit has it, however it has changed since; null: it has none. May be
  // made in `room`. Right as long as nothing may be evicted.
  Result<const UnitState*> kept(std::string_view name, std::optional<UnitState>& room);
  // Whether units may be evicted.
  void hold(bool all) { held_ = all; }
  // If more than `budget` are resident: sends the units not used for longest to the store, an
  // eighth of the budget more than must go, so that it is not called for each one that comes.
  Status evict(std::size_t budget);
  void next_turn() { ++turn_; }
  // The register as text: a state belongs to it.
  std::string fingerprint() const;

 private:
  void describe(UnitState& unit) const;
  void write_down(Slot& slot);
  StoredUnit as_stored(const Slot& slot) const;

  const Fold& fold_;
  Symbols& symbols_;
  Store* store_;
  std::map<std::string, RegisteredUnit> registered_;
  std::deque<Slot> slots_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> numbers_;  // looked up, never walked
  std::uint32_t round_ = 2;            // of mark(); units of the snapshot are of the one before
  std::vector<std::uint32_t> marked_;  // in this round; what was evicted since is stored
  std::vector<std::uint32_t> snapshot_;
  std::size_t next_ = 0;  // of snapshot_, to be written down
  std::size_t written_bytes_ = 0;
  std::vector<StoredUnit> written_;
  std::uint64_t turn_ = 0;
  std::size_t resident_ = 0;
  bool held_ = false;  // nothing is evicted
};

}  // namespace lianqing
