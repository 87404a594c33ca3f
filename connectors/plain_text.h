// Texts of JSON that have no escapes, looked at 32 bytes at a time, and whether all that was looked
// at is ASCII: then what was taken is UTF-8 without a look of its own.
// Card: of a line nothing is looked at twice. Before, its end, its UTF-8 and its members were three
// looks.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lianqing {

class PlainText {
 public:
  // How many bytes behind the one asked for are read, at most.
  static constexpr std::size_t kAhead = 31;

#if defined(__SSE2__)
  // The first quote, backslash or control character from `at` on. There must be one.
  const char* end(const char* at) {
    for (;; at += 32) {
      const __m128i low = load(at), high = load(at + 16);
      seen_ = _mm_or_si128(seen_, _mm_or_si128(low, high));
      const std::uint32_t ends = ends_in(low) | ends_in(high) << 16;
      if (ends != 0) return at + std::countr_zero(ends);
    }
  }
  // The 32 bytes from `at` on count, too.
  void look(const char* at) { seen_ = _mm_or_si128(seen_, _mm_or_si128(load(at), load(at + 16))); }
  // False: perhaps not, for bytes behind those taken were looked at as well.
  bool is_ascii() const { return _mm_movemask_epi8(seen_) == 0; }

 private:
  static __m128i load(const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  static std::uint32_t ends_in(__m128i bytes) {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return static_cast<std::uint32_t>(
        _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
  }

  __m128i seen_ = _mm_setzero_si128();
#else
  const char* end(const char* at) {
    for (; *at != '"' && *at != '\\' && static_cast<std::uint8_t>(*at) >= 0x20; ++at) {
      seen_ |= static_cast<std::uint8_t>(*at);
    }
    return at;
  }
  void look(const char* at) {
    for (std::size_t i = 0; i < 32; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, at + i, sizeof word);
      seen_ |= word;
    }
  }
  bool is_ascii() const { return (seen_ & 0x8080808080808080U) == 0; }

 private:
  std::uint64_t seen_ = 0;
#endif
};

}  // namespace lianqing
