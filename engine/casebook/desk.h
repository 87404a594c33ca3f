// Brings what the fold gives out and what people record before the casebook, in the order of time:
// at one instant first the records, in log order, then what rules made of them.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/casebook/casebook.h"
#include "engine/replay.h"
#include "lianqing/event.h"

namespace lianqing {

class Desk {
 public:
  explicit Desk(const Program& program) : casebook_(program) {}

  // From ReplayOptions::admitted, ReplayOptions::grey and Replay's `out`.
  void admitted(const Event& event, const LogEntry& entry, std::string_view unit);
  void grey(GreyChange change) { greys_.push_back(std::move(change)); }
  void left(const Leaving& leaving);

  // All before t is known (t itself too if `inclusive`): it is booked.
  void book(Instant t, bool inclusive);
  // All up to and including t is booked, and t is left open for what is told of it bit by bit.
  void book_open(Instant t);

  Casebook& casebook() { return casebook_; }
  const Casebook& casebook() const { return casebook_; }

  // Canonical bytes, format version 2 (docs/formats.md): the head of the casebook, and records
  // whose time lies ahead; the casebook's units are apart from it. All that is known must be
  // booked.
  std::string encode_head() const;
  // The program's calendar must be as it was.
  static Result<Desk> decode(std::string_view head, std::span<const UnitBytes> units,
                             const Program& program);

 private:
  explicit Desk(Casebook casebook) : casebook_(std::move(casebook)) {}

  struct Arrival {
    LifeRecord record;  // of records about no case only source, unit and clock
    bool concerns = false;
    std::optional<CalendarUpdate> calendar;
  };

  void book_known(Instant t, bool inclusive);
  void book_instant(Instant t);

  Casebook casebook_;
  std::deque<Arrival> arrivals_;
  std::deque<Warning> warnings_;
  std::deque<GreyChange> greys_;
  Instant newest_ = kBeforeAll;  // of arrivals_
  bool sorted_ = true;
};

}  // namespace lianqing
