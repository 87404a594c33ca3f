// Places in a text as an editor counts them (lines from 0, UTF-16 units) and as findings do (lines
// from 1, code points), and the word at a place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing::lsp {

struct Position {
  std::uint32_t line = 0, character = 0;
};
struct Range {
  Position start, end;
};

// Byte of the line at so many UTF-16 units; its end if there are fewer.
std::size_t byte_at(std::string_view line, std::uint32_t character);
std::uint32_t utf16_units(std::string_view text);

Range range_of(std::string_view text, const SourceSpan& span);

// The whole name (letters of any script, digits, _) around a byte of the line; empty if none.
struct Word {
  std::string_view text;
  std::size_t begin = 0;
};
Word word_at(std::string_view line, std::size_t byte);

}  // namespace lianqing::lsp
