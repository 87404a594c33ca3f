#include "cli/lsp/document_text.h"

#include <algorithm>

#include "rules/identifier.h"
#include "rules/source_lines.h"

namespace lianqing::lsp {

std::size_t byte_at(std::string_view line, std::uint32_t character) {
  std::size_t at = 0;
  for (std::uint32_t units = 0; at < line.size() && units < character;) {
    const CodePoint c = first_code_point(line.substr(at));
    units += c.value > 0xFFFF ? 2 : 1;
    at += c.bytes;
  }
  return at;
}

std::uint32_t utf16_units(std::string_view text) {
  std::uint32_t units = 0;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    units += c.value > 0xFFFF ? 2 : 1;
    text.remove_prefix(c.bytes);
  }
  return units;
}

Range range_of(std::string_view text, const SourceSpan& span) {
  if (span.line == 0) return {};
  const std::uint32_t line_number = span.line - 1;
  const std::string_view line = line_of(text, span.line);
  const auto units_before = [&](std::uint32_t code_points) {
    std::size_t at = 0;
    for (; at < line.size() && code_points > 0; --code_points)
      at += first_code_point(line.substr(at)).bytes;
    return utf16_units(line.substr(0, at));
  };
  const std::uint32_t column = span.column == 0 ? 0 : span.column - 1;
  return {{line_number, units_before(column)},
          {line_number, units_before(column + std::max(1U, span.length))}};
}

Word word_at(std::string_view line, std::size_t byte) {
  std::size_t at = 0;
  while (at < line.size()) {
    const CodePoint c = first_code_point(line.substr(at));
    if (!is_identifier_part(c.value)) {
      at += c.bytes;
      if (at > byte) return {};
      continue;
    }
    const std::size_t begin = at;
    while (at < line.size()) {
      const CodePoint part = first_code_point(line.substr(at));
      if (!is_identifier_part(part.value)) break;
      at += part.bytes;
    }
    if (begin <= byte && byte <= at) return {line.substr(begin, at - begin), begin};
  }
  return {};
}

}  // namespace lianqing::lsp
