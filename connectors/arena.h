// Memory for what one batch of records points to: texts, field arrays, list elements. Handing out
// is a pointer bump and nothing is freed singly; reset() keeps the blocks, so a batch that is
// reused allocates nothing in the steady state. Not thread-safe: an arena has one owner at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lianqing/assert.h"

namespace lianqing {

class Arena {
 public:
  static constexpr std::size_t kBlockBytes = 256 * 1024;
  static constexpr std::size_t kPadding = 32;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    Arena taken(std::move(other));
    swap(taken);
    return *this;
  }

  // Room for `size` bytes that nothing else points to, valid until reset() or destruction.
  char* bytes(std::size_t size, std::size_t alignment = 1) {
    LQ_ASSERT(alignment != 0 && (alignment & (alignment - 1)) == 0 &&
              alignment <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    const std::size_t padding = (~position_ + 1) & (alignment - 1);
    if (room_ < padding || room_ - padding < size) return from_new_block(size);
    char* const out = next_ + padding;
    advance(padding + size);
    used_ += padding + size;
    return out;
  }

  // Room for a text behind which kPadding more bytes may be read (not written): fast readers of
  // short texts take them in whole words.
  char* padded(std::size_t size) { return bytes(size + kPadding); }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* const out = bytes(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }

  // The same for texts that are mostly short and have kPadding readable bytes behind them.
  std::string_view copy_short(std::string_view text) {
    if (text.size() > kPadding || room_ < kPadding) return copy(text);
    char* const out = next_;
    std::memcpy(out, text.data(), kPadding);  // The next one overwrites what is too much.
    advance(text.size());
    used_ += text.size();
    return {out, text.size()};
  }

  template <class T>
  std::span<const T> copy(std::span<const T> values) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    if (values.empty()) return {};
    T* const out = reinterpret_cast<T*>(bytes(values.size_bytes(), alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), out);
    return {out, values.size()};
  }

  // Everything handed out becomes invalid. Blocks of the ordinary size stay for the next round;
  // those made for a single large request go back, lest one monster record pin its memory for good.
  void reset() {
    large_.clear();
    current_ = 0;
    used_ = 0;
    enter(0);
  }

  // Bytes handed out since the last reset, with padding.
  std::size_t used() const { return used_; }
  // Bytes held from the system.
  std::size_t held() const {
    std::size_t total = blocks_.size() * kBlockBytes;
    for (const Large& one : large_) total += one.size;
    return total;
  }

 private:
  struct Large {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  char* from_new_block(std::size_t size) {
    used_ += size;
    if (size > kBlockBytes / 4) {  // Its own block: the rest of the current one stays in use.
      large_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
      return large_.back().bytes.get();
    }
    if (next_ != nullptr) ++current_;
    if (current_ == blocks_.size()) {
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    }
    enter(current_);
    char* const out = next_;
    advance(size);
    return out;
  }

  void enter(std::size_t block) {
    next_ = block < blocks_.size() ? blocks_[block].get() : nullptr;
    room_ = next_ == nullptr ? 0 : kBlockBytes;
    position_ = 0;
  }

  void advance(std::size_t size) {
    next_ += size;
    room_ -= size;
    position_ += size;
  }

  void swap(Arena& other) noexcept {
    std::swap(blocks_, other.blocks_);
    std::swap(large_, other.large_);
    std::swap(current_, other.current_);
    std::swap(next_, other.next_);
    std::swap(room_, other.room_);
    std::swap(position_, other.position_);
    std::swap(used_, other.used_);
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<Large> large_;
  std::size_t current_ = 0;  // the block that next_ points into
  char* next_ = nullptr;
  std::size_t room_ = 0;      // left in the current block
  std::size_t position_ = 0;  // used of the current block; blocks themselves are fully aligned
  std::size_t used_ = 0;
};

}  // namespace lianqing
