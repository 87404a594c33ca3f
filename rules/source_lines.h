// A source text cut into lines, and places in it: byte positions of the YAML reader to the code
// point columns of diagnostics.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"

namespace lianqing {

// One line, counted from 1 as diagnostics do, without its line break and without a byte order mark;
// empty past the end.
std::string_view line_of(std::string_view text, std::uint32_t line);

// First byte of a line of YAML after its indent and the dashes of a list; its size if there is
// none.
std::size_t content_start(std::string_view line);

class SourceLines {
 public:
  explicit SourceLines(std::string_view text);

  std::size_t count() const { return starts_.size(); }
  // Line from 0, without its line break; empty past the end.
  std::string_view line(std::size_t index) const;
  // Position of a byte column in a line, both from 0; cut to the text.
  std::size_t position(std::size_t line, std::size_t byte_column) const;
  std::string_view text() const { return text_; }

  // The span of `bytes` bytes from a position on, cut to its line; at least one code point long.
  SourceSpan span(std::uint32_t file, std::size_t position, std::size_t bytes) const;

 private:
  // Code points before a byte of a line; quick for places that come in order.
  std::size_t points_before(std::size_t line_start, std::size_t bytes) const;

  std::string_view text_;
  std::vector<std::size_t> starts_;
  struct Counted {
    std::size_t line_start = 0, bytes = 0, points = 0;
  };
  mutable Counted counted_;  // the place asked for last
};

}  // namespace lianqing
