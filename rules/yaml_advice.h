// What a person most likely did wrong where the YAML reader gave up: tabs, a colon without a blank,
// full-width punctuation, a text that needs quotes. Guesses from the lines of the text, no grammar.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/diagnostic.h"
#include "rules/source_lines.h"

namespace lianqing {

struct YamlAdvice {
  std::string_view code = "R001";
  bool at_known = false;                        // the place below is better than the reader's
  std::size_t line = 0, column = 0, bytes = 1;  // from 0, in bytes
  Bilingual message;
  Bilingual suggestion;

  SourceSpan span(const SourceLines& lines, std::uint32_t file) const {
    return lines.span(file, lines.position(line, column), bytes);
  }
};

// Where the YAML reader stopped, from 0 and in bytes, and what it said.
struct YamlStop {
  std::size_t line = 0, column = 0;
  std::string message;
};

// Looks at the place, at the line before, and for tabs above.
YamlAdvice advise(const SourceLines& lines, const YamlStop& stop);

// The reader's message in both languages.
Bilingual yaml_message(std::string_view message);

}  // namespace lianqing
