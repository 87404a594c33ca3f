// Texts numbered in order of their first coming. Most texts of records are short and come again.
// Card: a text of up to 16 bytes is told in one place of a table, without a look at the text
// itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "connectors/arena.h"

namespace lianqing {

class TextNumbers {
 public:
  TextNumbers() : places_(1U << 10) {}

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
  // A text to be looked up, which must live until then.
  struct Asked {
    Key key;
    std::string_view text;
  };
  // `text`: with Arena::kPadding readable bytes behind it, as the decoder's are.
  static Asked ask(std::string_view text) { return {key_of(text), text}; }

  std::uint32_t number(const Asked& asked) {
    const std::size_t size = asked.text.size();
    for (std::size_t at = slot(asked.key);; at = (at + 1) & (places_.size() - 1)) {
      const Place& place = places_[at];
      const std::uint64_t differs = (place.key.first ^ asked.key.first) |
                                    (place.key.second ^ asked.key.second) | (place.size ^ size);
      if (differs == 0 && (size <= 16 || same(texts_[place.number].data(), asked.text))) {
        return place.number;
      }
      if (place.number == kEmpty) return add(asked, at);
    }
  }

  // What number() will look at, to be asked for in time. (A function that only prefetches is taken
  // for one that does nothing, and its calls are left out.)
  const void* place(const Asked& asked) const { return &places_[slot(asked.key)]; }

  // By number; the texts stay where they are.
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  static constexpr std::uint32_t kEmpty = 0xffffffffU;

  struct alignas(32) Place {  // lies in one line of a cache
    Key key;
    std::uint32_t size = kEmpty;  // of no text
    std::uint32_t number = kEmpty;
  };

  static std::uint64_t word(const char* at) {
    std::uint64_t out;
    std::memcpy(&out, at, sizeof out);
    return out;
  }

  // Without branches up to 32 bytes: lengths vary from text to text.
  static Key key_of(std::string_view text) {
    alignas(64) static constexpr std::array<char, 64> kOnes = [] {
      std::array<char, 64> ones{};
      std::fill_n(ones.begin(), 32, static_cast<char>(-1));
      return ones;
    }();
    const char* const at = text.data();
    const std::size_t n = text.size();
    if (n == 0) return {};
    const char* const mask = kOnes.data() + 32 - std::min<std::size_t>(n, 32);
    const auto bytes = [&](std::size_t i) { return word(at + i) & word(mask + i); };
    Key out{bytes(0), bytes(8)};
    out.second ^= bytes(16) * 0x9E3779B97F4A7C15U;
    out.second ^= bytes(24) * 0xC2B2AE3D27D4EB4FU;
    for (std::size_t i = 32; i < n; i += 8) {
      const std::size_t used = std::min<std::size_t>(n - i, 8);
      const std::uint64_t last = word(at + i) & (~std::uint64_t{0} >> (64 - 8 * used));
      out.second = (out.second ^ last) * 0x9E3779B97F4A7C15U;
    }
    return out;
  }

  // Of texts of more than 16 bytes and the same length.
  static bool same(const char* a, std::string_view text) {
    const char* const b = text.data();
    const std::size_t n = text.size();
    if (n > 32) return std::memcmp(a, b, n) == 0;
    const auto differs = [&](std::size_t i) { return word(a + i) ^ word(b + i); };
    return (differs(0) | differs(8) | differs(n - 16) | differs(n - 8)) == 0;
  }

  std::size_t slot(const Key& key) const {
    return static_cast<std::size_t>(key.hash()) & (places_.size() - 1);
  }

  std::uint32_t add(const Asked& asked, std::size_t at) {
    const auto number = static_cast<std::uint32_t>(texts_.size());
    places_[at] = {asked.key, static_cast<std::uint32_t>(asked.text.size()), number};
    texts_.push_back(arena_.copy(asked.text));
    if (texts_.size() * 4 > places_.size() * 3) grow();
    return number;
  }

  void grow() {
    std::vector<Place> before(places_.size() * 2);
    before.swap(places_);
    for (const Place& place : before) {
      if (place.number == kEmpty) continue;
      std::size_t at = slot(place.key);
      while (places_[at].number != kEmpty) at = (at + 1) & (places_.size() - 1);
      places_[at] = place;
    }
  }

  std::vector<Place> places_;
  std::vector<std::string_view> texts_;
  Arena arena_;
};

}  // namespace lianqing
