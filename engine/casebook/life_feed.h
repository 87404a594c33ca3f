// What stands between a replay and the casebook: takes admitted records as they come, and gives
// them to the casebook together with the fold's transitions, in the order that the casebook asks
// for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/casebook/casebook.h"
#include "lianqing/event.h"

namespace lianqing {

// The event as a record of the life; its text is copied.
LifeRecord life_record(const Event& event, Seq seq, Instant clock);

class LifeFeed {
 public:
  explicit LifeFeed(Casebook& book) : book_(book) {}

  // An admitted record, in log order. `clock`: when it takes effect.
  void admitted(const Event& event, Seq seq, Instant clock);
  // `transitions`: of all units, in (time, unit, rule, key) order, up to `now` if it is the last
  // call, else before `now`. Records later than `now` wait.
  [[nodiscard]] Booked fold(std::span<const Warning> transitions, Instant now, bool last);
  bool empty() const { return waiting_.empty(); }

 private:
  // With a type: a record of the life. Always: a sign that the source is alive, if it is watched.
  std::vector<LifeRecord> waiting_;
  Casebook& book_;
};

}  // namespace lianqing
