// The clocks of a log gathered whole: which record is the newest at any instant.
// Card: 12 bytes a record. A log is nearly in order of time: what is late is kept apart, sorted and
// merged when the log has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/pieces.h"
#include "lianqing/time.h"

namespace lianqing {

class LogClocks {
 public:
  // Records in log order; `number` rises.
  void add(Instant clock, std::uint32_t number) {
    if (clock >= newest_) {
      newest_ = clock;
      clocks_.push_back(clock);
      numbers_.push_back(number);
    } else {
      late_.emplace_back(clock, number);
    }
  }
  Instant newest() const { return newest_; }

  // No more come; what has a later clock than `until` is left out. Before all that follows.
  void finish(std::optional<Instant> until);

  bool empty() const { return clocks_.empty(); }
  // Of the first record; not of an empty log.
  Instant first() const { return clocks_[0]; }
  // The newest record with clock <= t; nothing before the first.
  std::optional<std::uint32_t> newest_at(Instant t) const;
  // The same for one t after the other, rising: nearly always a few records behind the one before.
  // `at`: how many have been passed, 0 first.
  std::optional<std::uint32_t> newest_at(Instant t, std::size_t& at) const;
  // Up to and including which instant a piece of about so many records behind `from` reaches; at
  // most `end`, which is where the last piece ends.
  Instant cut(Instant from, std::size_t records, Instant end) const;

 private:
  // How many have clock <= t.
  std::size_t up_to(Instant t) const;

  Pieces<Instant> clocks_;  // sorted
  Pieces<std::uint32_t> numbers_;
  std::vector<std::pair<Instant, std::uint32_t>> late_;
  std::vector<Instant> marks_;  // of every kMark-th clock: searched first
  Instant newest_ = kBeforeAll;
};

}  // namespace lianqing
