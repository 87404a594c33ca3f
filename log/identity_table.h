// Identities and what is known of them, in memory: the newest records, and those of one commit. An
// identity is a hash already, so it is its own place in the table.
#pragma once

#include <algorithm>
#include <vector>

#include "log/keys.h"

namespace lianqing {

class IdentityTable {
 public:
  struct Row {
    ContentHash identity;
    KnownId known;
  };

  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  // In the order in which they came.
  const std::vector<Row>& rows() const { return rows_; }

  // Room for so many rows more, without moving anything.
  void reserve(std::size_t more) {
    rows_.reserve(rows_.size() + more);
    if ((rows_.size() + more) * 2 > places_.size()) spread((rows_.size() + more) * 2);
  }
  // nullptr: not there. Valid until the next add().
  KnownId* find(const ContentHash& identity) {
    if (rows_.empty()) return nullptr;
    const std::uint32_t place = places_[place_of(identity)];
    return place == kFree ? nullptr : &rows_[place].known;
  }
  const KnownId* find(const ContentHash& identity) const {
    return const_cast<IdentityTable*>(this)->find(identity);
  }
  // It must not be there yet.
  void add(const ContentHash& identity, const KnownId& known) {
    if (places_.size() < 2 * (rows_.size() + 1)) spread(4 * (rows_.size() + 1));
    places_[place_of(identity)] = static_cast<std::uint32_t>(rows_.size());
    rows_.push_back({identity, known});
  }
  void clear() {
    rows_.clear();
    std::fill(places_.begin(), places_.end(), kFree);
  }

 private:
  static constexpr std::uint32_t kFree = 0xffff'ffff;

  // Of the identity, or the free one where it would go.
  std::size_t place_of(const ContentHash& identity) const {
    const std::size_t mask = places_.size() - 1;
    std::size_t at = static_cast<std::size_t>(identity.low) & mask;
    while (places_[at] != kFree && rows_[places_[at]].identity != identity) at = (at + 1) & mask;
    return at;
  }
  void spread(std::size_t least) {
    std::size_t size = 64;
    while (size < least) size *= 2;
    places_.assign(size, kFree);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      places_[place_of(rows_[i].identity)] = static_cast<std::uint32_t>(i);
    }
  }

  std::vector<Row> rows_;
  std::vector<std::uint32_t> places_;  // indices of rows, by hash; a power of two of them
};

}  // namespace lianqing
