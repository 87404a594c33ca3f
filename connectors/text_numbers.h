// Texts numbered in order of their first coming. Most texts of records are short and come again.
// Card: a text of up to 16 bytes is told in one place of a table, without a look at the text
// itself.
#pragma once

#include <algorithm>
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
    if (texts_.size() * 4 > places_.size() * 3) grow();
    return static_cast<std::uint32_t>(texts_.size() - 1);
  }

  // What number() will look at, to be asked for in time. (A function that only prefetches is taken
  // for one that does nothing, and its calls are left out.)
  const void* place(std::string_view text) const {
    return &places_[static_cast<std::size_t>(key_of(text).hash()) & (places_.size() - 1)];
  }

  // By number; the texts stay where they are.
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;

  // A short text is its own key.
  struct Key {
    std::uint64_t first = 0, second = 0;
    std::uint64_t hash() const {  // of every bit in every bit
      __extension__ using Product = unsigned __int128;
      const Product product =
          static_cast<Product>(first ^ 0xA0761D6478BD642FU) * (second ^ 0xE7037ED1A0B428DBU);
      return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }
  };
  struct alignas(32) Place {  // lies in one line of a cache
    Key key;
    std::uint32_t size = 0;
    std::uint32_t number = kEmpty;
  };

  static std::uint64_t word(const char* at) {
    std::uint64_t out;
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  // The bytes of the word at `at` that belong to a text of which `n` are left there.
  static std::uint64_t bytes(const char* at, std::ptrdiff_t n) {
    const auto used = static_cast<unsigned>(std::clamp<std::ptrdiff_t>(n, 0, 8)) * 8;
    return used == 0 ? 0 : word(at) & (~std::uint64_t{0} >> (64 - used));
  }

  // Without branches: lengths vary from text to text.
  static Key key_of(std::string_view text) {
    const char* const at = text.data();
    const auto n = static_cast<std::ptrdiff_t>(text.size());
    if (n == 0) return {};
    Key out{bytes(at, n), bytes(at + 8, n - 8)};
    out.second ^= bytes(at + 16, n - 16) * 0x9E3779B97F4A7C15U;
    out.second ^= bytes(at + 24, n - 24) * 0xC2B2AE3D27D4EB4FU;
    for (std::ptrdiff_t i = 32; i < n; i += 8) {
      out.second = (out.second ^ bytes(at + i, n - i)) * 0x9E3779B97F4A7C15U;
    }
    return out;
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
