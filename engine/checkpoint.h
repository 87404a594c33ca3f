// A checkpoint under way: the states as they were at one instant, written down bit by bit while the
// fold goes on. A unit that is about to change before its turn has come is written down first
// (Roster::mark), so that what the store gets is of that instant and no other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/admit.h"
#include "engine/roster.h"
#include "engine/store/store.h"

namespace lianqing {

class Checkpoint {
 public:
  // All must outlive it.
  Checkpoint(Roster& roster, Admission& admission, Store* store)
      : roster_(roster), admission_(admission), store_(store) {}

  bool under_way() const { return under_way_; }
  // Of now: everything that was admitted is folded. None may be under way. Costs nothing.
  void begin(std::string meta);
  // Writes down about so many bytes more. True: all of it is.
  bool write_down(std::size_t bytes);
  // Gives what is written down to the store; all of it must be. If that fails, it comes with the
  // next one.
  [[nodiscard]] Status end(std::vector<StoredNote> notes);
  void drop();  // likewise, when all is written down

 private:
  void put_back();
  void write_down_identities(std::size_t bytes);

  Roster& roster_;
  Admission& admission_;
  Store* store_;
  bool under_way_ = false;
  Commit commit_;
  std::vector<std::pair<ContentHash, Known>> identities_;
};

}  // namespace lianqing
