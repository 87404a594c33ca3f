// A text that is put together bit by bit, many small ones: a line of JSON.
// Card: what is appended is copied where it stands, where std::string makes a call for each bit;
// that was a third of what a line of a warning without reasons took. Not copied, not moved.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace lianqing {

class LineText {
 public:
  LineText() = default;
  LineText(const LineText&) = delete;
  LineText& operator=(const LineText&) = delete;

  void append(const char* text, std::size_t size) { std::memcpy(room(size), text, size); }
  LineText& operator+=(char c) {
    *room(1) = c;
    return *this;
  }
  LineText& operator+=(std::string_view text) {
    append(text.data(), text.size());
    return *this;
  }
  // To a size that it had before.
  void resize(std::size_t size) { size_ = size; }
  std::size_t size() const { return size_; }
  const char* data() const { return text_; }
  std::string_view view() const { return {text_, size_}; }

 private:
  static constexpr std::size_t kOwn = 1024;

  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    char* const out = text_ + size_;
    size_ += size;
    return out;
  }
  void grow(std::size_t size) {
    capacity_ = 2 * (size_ + size);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(larger.get(), text_, size_);
    large_ = std::move(larger);
    text_ = large_.get();
  }

  char own_[kOwn];
  std::unique_ptr<char[]> large_;
  char* text_ = own_;
  std::size_t size_ = 0, capacity_ = kOwn;
};

}  // namespace lianqing
