// Which identities a log gathered whole has, and where: open addressing over the bits of their
// hashes.
// Card: 16 bytes a place, three quarters full at most. A place is told by the hash's upper bits, so
// that a table twice as large has everything in the same order: growing is one pass over both, and
// memory of the next lookups can be asked for in time. Equal bits are not believed: the caller
// compares the identities themselves.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "lianqing/event.h"
#include "rules/expr.h"

namespace lianqing {

class Identities {
 public:
  // Where an identity is or would be; until the next put().
  struct Place {
    std::size_t at = 0;
    std::uint32_t row = kNone;  // kNone: it is not there
  };

  Identities() : places_(kFirst) {}

  void prefetch(const ContentHash& identity) const {
    __builtin_prefetch(&places_[start(identity)]);
  }

  // `same(row)`: whether that row has the identity looked for.
  template <class Same>
  Place find(const ContentHash& identity, Same same) const {
    const auto high = static_cast<std::uint32_t>(identity.high);
    std::size_t at = start(identity);
    for (; places_[at].row != kNone; at = (at + 1) & (places_.size() - 1)) {
      const Slot& slot = places_[at];
      if (slot.low == identity.low && slot.high == high && same(slot.row)) return {at, slot.row};
    }
    return {at, kNone};
  }

  // What find() said of this identity a moment ago: it is not there.
  void put(const Place& place, const ContentHash& identity, std::uint32_t row) {
    places_[place.at] = {identity.low, static_cast<std::uint32_t>(identity.high), row};
    if (++size_ * 4 > places_.size() * 3) grow();
  }

 private:
  static constexpr std::size_t kFirst = 1U << 16;

  struct Slot {
    std::uint64_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t row = kNone;
  };

  std::size_t start(const ContentHash& identity) const {
    return static_cast<std::size_t>(identity.low >> shift_);
  }

  void grow() {
    std::vector<Slot> before(places_.size() * 2);
    before.swap(places_);
    --shift_;
    for (const Slot& slot : before) {
      if (slot.row == kNone) continue;
      auto at = static_cast<std::size_t>(slot.low >> shift_);
      while (places_[at].row != kNone) at = (at + 1) & (places_.size() - 1);
      places_[at] = slot;
    }
  }

  std::vector<Slot> places_;
  std::size_t size_ = 0;
  int shift_ = 48;
};

}  // namespace lianqing
