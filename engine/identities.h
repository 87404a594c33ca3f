// Which identities a log gathered whole has, and where: open addressing over the bits of their
// hashes.
// Card: 8 bytes a place, three quarters full at most: 11 to 21 bytes an identity, 32 while it
// grows. A place is told by the hash's upper bits, so that a table twice as large has everything in
// the same order: growing is one pass over both, and memory of the next lookups can be asked for in
// time. Equal bits are not believed: the caller compares the identities themselves.
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
    __builtin_prefetch(&places_[start(bits_of(identity))]);
  }

  // `same(row)`: whether that row has the identity looked for.
  template <class Same>
  Place find(const ContentHash& identity, Same same) const {
    const std::uint32_t bits = bits_of(identity);
    std::size_t at = start(bits);
    for (; places_[at].row != kNone; at = (at + 1) & (places_.size() - 1)) {
      const Slot& slot = places_[at];
      if (slot.bits == bits && same(slot.row)) return {at, slot.row};
    }
    return {at, kNone};
  }

  // What find() said of this identity a moment ago: it is not there.
  void put(const Place& place, const ContentHash& identity, std::uint32_t row) {
    places_[place.at] = {bits_of(identity), row};
    if (++size_ * 4 > places_.size() * 3) grow();
  }

 private:
  static constexpr std::size_t kFirst = 1U << 16;

  struct Slot {
    std::uint32_t bits = 0;
    std::uint32_t row = kNone;
  };

  // Rows are numbered with 32 bits: no table has more places than these tell.
  static std::uint32_t bits_of(const ContentHash& identity) {
    return static_cast<std::uint32_t>(identity.low >> 32);
  }
  std::size_t start(std::uint32_t bits) const { return bits >> shift_; }

  void grow() {
    std::vector<Slot> before(places_.size() * 2);
    before.swap(places_);
    --shift_;
    for (const Slot& slot : before) {
      if (slot.row == kNone) continue;
      std::size_t at = start(slot.bits);
      while (places_[at].row != kNone) at = (at + 1) & (places_.size() - 1);
      places_[at] = slot;
    }
  }

  std::vector<Slot> places_;
  std::size_t size_ = 0;
  int shift_ = 16;
};

}  // namespace lianqing
