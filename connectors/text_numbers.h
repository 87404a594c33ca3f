// Texts numbered in order of their first coming. Most texts of records are short and come again.
// Card: a text of up to 16 bytes is told in one place of a table, without a look at the text
// itself.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "connectors/arena.h"

namespace lianqing {

class TextNumbers {
 public:
  TextNumbers() : places_(1U << 10) {}

  // `text`: with Arena::kPadding readable bytes behind it, as the decoder's are.
  std::uint32_t number(std::string_view text) {
    const Key key = key_of(text);
    std::size_t at = static_cast<std::size_t>(key.hash()) & (places_.size() - 1);
    for (; places_[at].number != kEmpty; at = (at + 1) & (places_.size() - 1)) {
      const Place& place = places_[at];
      if (place.key.first == key.first && place.key.second == key.second &&
          place.size == text.size() && (text.size() <= 16 || texts_[place.number] == text)) {
        return place.number;
      }
    }
    places_[at] = {key, static_cast<std::uint32_t>(text.size()),
                   static_cast<std::uint32_t>(texts_.size())};
    texts_.push_back(arena_.copy(text));
    if (texts_.size() * 2 > places_.size()) grow();
    return static_cast<std::uint32_t>(texts_.size() - 1);
  }

  // By number; the texts stay where they are.
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;

  // A short text is its own key; of a long one, what its ends and length say.
  struct Key {
    std::uint64_t first = 0, second = 0;
    std::uint64_t hash() const {
      const std::uint64_t mixed = (first ^ (second * 0x9E3779B97F4A7C15U)) * 0xD6E8FEB86659FD93U;
      return mixed ^ (mixed >> 32);
    }
  };
  struct Place {
    Key key;
    std::uint32_t size = 0;
    std::uint32_t number = kEmpty;
  };

  static std::uint64_t word(const char* at) {
    std::uint64_t out;
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  static std::uint64_t first_bytes(std::uint64_t word, std::size_t n) {
    return n == 0 ? 0 : word & (~std::uint64_t{0} >> (64 - 8 * n));
  }

  static Key key_of(std::string_view text) {
    const char* const at = text.data();
    const std::size_t n = text.size();
    if (n == 0) return {};
    if (n < 8) return {first_bytes(word(at), n), 0};
    if (n < 16) return {word(at), first_bytes(word(at + 8), n - 8)};
    if (n == 16) return {word(at), word(at + 8)};
    std::uint64_t middle = 0;
    for (std::size_t i = 8; i + 8 < n; i += 8)
      middle = (middle ^ word(at + i)) * 0x9E3779B97F4A7C15U;
    return {word(at), word(at + n - 8) ^ (middle >> 7)};
  }

  void grow() {
    std::vector<Place> before(places_.size() * 2);
    before.swap(places_);
    for (const Place& place : before) {
      if (place.number == kEmpty) continue;
      std::size_t at = static_cast<std::size_t>(place.key.hash()) & (places_.size() - 1);
      while (places_[at].number != kEmpty) at = (at + 1) & (places_.size() - 1);
      places_[at] = place;
    }
  }

  std::vector<Place> places_;
  std::vector<std::string_view> texts_;
  Arena arena_;
};

}  // namespace lianqing
