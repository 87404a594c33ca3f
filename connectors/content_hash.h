// What makes two records the same: the canonical bytes of their content, and the hash of them.
//
//   content  = text(type) text(unit) i64(micros of time) fields
//   identity = text(source) text(id)
//   fields   = u32(number) { text(path) value }          sorted by path
//   value    = 00 null | 01 false | 02 true | 03 i64(num) i64(den) | 04 text
//            | 05 u32(number) { value } text(digests)    a list
//   text     = u32(bytes) bytes
//   digests  = of the objects and lists among the elements, in order: 16 bytes each, the hash of
//              06 fields (an object) or of value (a list); the element itself is null
//
// Integers are little-endian; the hash is XXH3 of 128 bits, its lower half first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "connectors/arena.h"
#include "lianqing/event.h"

namespace lianqing {

// The name of a member, or the path it was flattened to, with what compares fast.
struct MemberName {
  std::uint64_t head;  // the first eight bytes, big-endian: orders like the text, mostly decides
  std::string_view text;
  std::size_t offset;  // of its opening quote in the record, from 0

  bool same(const MemberName& other) const {
    return head == other.head && text.size() == other.text.size() && text == other.text;
  }
  friend bool operator<(const MemberName& a, const MemberName& b) {
    if (a.head != b.head) return a.head < b.head;
    const int order = a.text.compare(b.text);
    return order != 0 ? order < 0 : a.offset < b.offset;
  }
};

struct Member {
  MemberName path;
  Scalar value;
  std::string_view nested;  // the digests of a list; else empty
};

// The identity of a record: what the decoder gives each event.
ContentHash identity_hash(std::string_view source, std::string_view id);

// Grows as needed and keeps its room.
class CanonicalBytes {
 public:
  void clear() { size_ = 0; }

  void tag(char c) { *room(1) = c; }
  template <class Integer>
  void number(Integer value) {
    std::memcpy(room(sizeof value), &value, sizeof value);
  }
  // A text with Arena::kPadding readable bytes behind it, as the decoder's are. Most are short: a
  // copy of fixed size is two instructions instead of a call.
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    if (text.empty()) return;
    char* const out = room(text.size());
    if (text.size() <= Arena::kPadding) {
      std::memcpy(out, text.data(), Arena::kPadding);
    } else {
      std::memcpy(out, text.data(), text.size());
    }
  }
  void value(const Scalar& scalar, std::string_view nested);
  void fields(std::span<const Member* const> sorted);

  ContentHash hash() const;

 private:
  char* room(std::size_t size) {
    if (size_ + size + Arena::kPadding > bytes_.size()) bytes_.resize(2 * (size_ + size) + 1024);
    char* const out = bytes_.data() + size_;
    size_ += size;
    return out;
  }

  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

}  // namespace lianqing
