// Bytes as they come -> whole lines with their places. A line without its end waits; of one that is
// too long only the beginning is kept. Memory is bounded by the longest record plus what was added
// last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "connectors/decode.h"

namespace lianqing {

class LineCutter {
 public:
  struct Line {
    std::string_view bytes;   // without its end; valid until the next call
    std::uint64_t begin = 0;  // offset of its first byte
    std::uint64_t end = 0;    // behind its end: where to go on
    bool too_long = false;    // `bytes` are its first kMaxRejectedBytes
  };

  explicit LineCutter(std::uint64_t offset = 0) : begin_(offset) {}

  void add(std::string_view bytes) {
    held_.erase(0, read_);
    searched_ -= read_;
    read_ = 0;
    held_.append(bytes);
  }

  // The next whole line, blank ones included.
  std::optional<Line> next() {
    const std::size_t end = held_.find('\n', searched_);
    if (end != std::string::npos) return take(end, end + 1);
    searched_ = held_.size();
    if (is_long_ || held_.size() - read_ > kMaxRecordBytes + 1) {
      if (!is_long_) long_ = held_.substr(read_, kMaxRejectedBytes);
      is_long_ = true;
      long_bytes_ += held_.size() - read_;
      read_ = held_.size();
    }
    return std::nullopt;
  }

  // What stands behind the last line end, as a line; none if nothing does. After next() only.
  std::optional<Line> rest() {
    if (!is_long_ && read_ == held_.size()) return std::nullopt;
    return take(held_.size(), held_.size());
  }

  // Offset behind all that was added.
  std::uint64_t added_to() const { return begin_ + long_bytes_ + (held_.size() - read_); }
  // Of a line that waits for its end.
  bool has_rest() const { return is_long_ || read_ != held_.size(); }

 private:
  Line take(std::size_t end, std::size_t behind) {
    Line out;
    out.begin = begin_;
    out.end = begin_ + long_bytes_ + (behind - read_);
    if (is_long_) {
      shown_.swap(long_);
      out.bytes = shown_;
      out.too_long = true;
    } else {
      out.bytes = std::string_view(held_).substr(read_, end - read_);
      if (out.bytes.ends_with('\r')) out.bytes.remove_suffix(1);
      out.too_long = out.bytes.size() > kMaxRecordBytes;
      if (out.too_long) out.bytes = out.bytes.substr(0, kMaxRejectedBytes);
    }
    begin_ = out.end;
    read_ = searched_ = behind;
    is_long_ = false;
    long_bytes_ = 0;
    return out;
  }

  std::string held_, long_, shown_;
  std::size_t read_ = 0, searched_ = 0;  // of held_: given out; without a line end
  std::uint64_t begin_;                  // offset of the line that comes next
  std::uint64_t long_bytes_ = 0;         // of that line, passed over already
  bool is_long_ = false;
};

}  // namespace lianqing
