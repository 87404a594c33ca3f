// The primitives of stored bytes: unsigned LEB128 integers, zigzag for signed ones, length-prefixed
// texts. docs/formats.md has the grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace lianqing {

class ByteWriter {
 public:
  ByteWriter() = default;
  // Goes on behind what was written before.
  explicit ByteWriter(std::string begun) : bytes_(std::move(begun)) {}

  void unsigned_integer(std::uint64_t v) {
    for (; v >= 0x80; v >>= 7) bytes_ += static_cast<char>(v | 0x80);
    bytes_ += static_cast<char>(v);
  }
  void integer(std::int64_t v) {
    unsigned_integer((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  void text(std::string_view v) {
    unsigned_integer(v.size());
    bytes_ += v;
  }
  void raw(std::string_view v) { bytes_ += v; }
  std::size_t size() const { return bytes_.size(); }
  const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reading past the end or a malformed integer makes the reader fail for good; values read then are
// 0.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t unsigned_integer() {
    std::uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      if (shift == 63 && byte > 1) break;
      v |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;  // not the shortest form
        return v;
      }
    }
    failed_ = true;
    return 0;
  }
  std::int64_t integer() {
    const std::uint64_t v = unsigned_integer();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::string_view text() { return raw(unsigned_integer()); }
  // As many bytes as are asked for.
  std::string_view raw(std::size_t size) {
    if (failed_ || size > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    const std::string_view out = bytes_.substr(at_, size);
    at_ += size;
    return out;
  }
  // All that is left.
  std::string_view rest() { return raw(bytes_.size() - at_); }
  // A count of things that take at least one byte each.
  std::uint64_t count() {
    const std::uint64_t n = unsigned_integer();
    if (n > bytes_.size() - at_) failed_ = true;
    return failed_ ? 0 : n;
  }
  // What was read has no meaning.
  void fail() { failed_ = true; }
  bool failed() const { return failed_; }
  bool at_end() const { return !failed_ && at_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace lianqing
