// The tokens of one JSON text (RFC 8259), strictly, with the place of the first fault. What objects
// mean, which names may occur twice and what is too deep is decode.cc's.
//
// The text is copied into an arena once, followed by zero bytes. Texts are views of that copy;
// escapes are undone in place, which never makes a text longer. A zero byte is valid nowhere in
// JSON, so the scanner needs no bounds checks: it stops at the padding.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "connectors/arena.h"
#include "lianqing/event.h"

namespace lianqing {

struct JsonFault {
  const char* code;  // as in Rejection
  std::string detail;
  std::size_t column;  // byte, from 1; 0: the text as a whole
};

// Functions that return false, or a text without data, found that the text is not JSON: the fault
// is set and scanning cannot go on. Other faults are noted, the first one stays, scanning
// continues.
class JsonScanner {
 public:
  JsonScanner(std::string_view json, Arena& arena) : begin_(arena.padded(json.size())) {
    std::memcpy(begin_, json.data(), json.size());
    at_ = begin_;
    end_ = begin_ + json.size();
    std::memset(end_, 0, Arena::kPadding);
  }

  char here() const { return *at_; }
  bool at_end() const { return at_ == end_; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  void step() { ++at_; }
  // The copy of the whole text: as it came only if there are no escapes in it.
  std::string_view copy() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

  void skip_space() {
    while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
  }

  // A string; here() is its opening quote. Has no data if it is not one, else Arena::kPadding bytes
  // behind it can be read.
  [[gnu::always_inline]] std::string_view text() {
    char* const start = ++at_;
    skip_plain();
    if (*at_ != '"') return text_with_escapes(start);
    return {start, static_cast<std::size_t>(at_++ - start)};
  }

  // A number; here() is its first character, or that of something that is no value at all. One out
  // of range is noted as a fault.
  bool number(Scalar& out);

  // true, false or null; here() is the first letter.
  bool word(std::string_view expected, Scalar value, Scalar& out);

  // After an item of a list or an object: past a comma and space to the next item (more = true), or
  // past the closing bracket.
  bool next_item(char closing, bool& more) {
    skip_space();
    more = *at_ == ',';
    if (!more && *at_ != closing) return no_next_item(closing);
    ++at_;
    if (more) skip_space();
    return true;
  }

  // ---- faults

  const std::optional<JsonFault>& fault() const { return fault_; }
  [[gnu::cold]] void note(const char* code, std::string detail, std::size_t offset) {
    if (!fault_) fault_ = JsonFault{code, std::move(detail), offset + 1};
  }
  [[gnu::cold]] void note_whole(const char* code, std::string detail) {
    if (!fault_) fault_ = JsonFault{code, std::move(detail), 0};
  }
  // Not JSON, here: outranks what was noted, since nothing read from a broken text is sure.
  [[gnu::cold]] bool fail(const char* code, std::string detail);
  [[gnu::cold]] bool fail_syntax(std::string detail) { return fail("json", std::move(detail)); }

 private:
  // How many of the 32 bytes from `at` on come before a quote, a backslash or a byte below 0x20.
  static std::size_t plain_bytes(const char* at) {
#if defined(__SSE2__)
    const auto ends = [at](std::ptrdiff_t offset) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + offset));
      const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
      const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
      const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
      const __m128i any = _mm_or_si128(low, _mm_or_si128(quote, backslash));
      return static_cast<std::uint64_t>(_mm_movemask_epi8(any));
    };
    const std::uint64_t none = std::uint64_t{1} << 32;
    return static_cast<std::size_t>(std::countr_zero(ends(0) | ends(16) << 16 | none));
#else
    std::size_t count = 0;
    while (count < 32 && at[count] != '"' && at[count] != '\\' &&
           static_cast<std::uint8_t>(at[count]) >= 0x20) {
      ++count;
    }
    return count;
#endif
  }

  void skip_plain() {
    std::size_t plain = plain_bytes(at_);
    at_ += plain;
    while (plain == 32) {
      plain = plain_bytes(at_);
      at_ += plain;
    }
  }

  std::string_view text_with_escapes(char* start);
  bool escape(char*& write);
  bool unicode_escape(char*& write);
  bool not_a_number();
  bool no_next_item(char closing);
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  char* const begin_;
  char* at_;
  char* end_;
  std::optional<JsonFault> fault_;
};

}  // namespace lianqing
