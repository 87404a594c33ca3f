// What is wrong with something a person wrote (a rule pack, a rule test, a config): place, stable
// code, what was expected, what to do, in both languages. Rendering as text or JSON is cli/'s.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lianqing/result.h"

namespace lianqing {

// A stretch of one source text. Lines and columns count from 1; columns count Unicode code points,
// so that an editor and a caret agree on Chinese text. line 0: the place is the file as a whole.
struct SourceSpan {
  std::uint32_t file = 0;  // index into the texts given to compile()
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;  // code points on that line

  friend bool operator==(const SourceSpan&, const SourceSpan&) = default;
};

struct SourceText {
  std::string name;   // the path as the user gave it
  std::string bytes;  // UTF-8
  // Of a pack that extends another: 0 is the pack itself, 1 what it extends, and so on.
  std::uint32_t layer = 0;
};

// A text in the two languages of the product. Either may be empty: the other is shown then.
struct Bilingual {
  std::string zh;
  std::string en;

  const std::string& in(bool chinese) const {
    if (chinese) return zh.empty() ? en : zh;
    return en.empty() ? zh : en;
  }
  bool empty() const { return zh.empty() && en.empty(); }
};

enum class Severity : std::uint8_t { error, warning, note };

struct Diagnostic {
  std::string code;  // "R014"; never reused for another meaning
  Severity severity = Severity::error;
  SourceSpan at;
  Bilingual message;     // what is wrong and what was expected
  Bilingual suggestion;  // what to do; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

// All findings of one run, sorted by position; T only if none of them is an error.
template <class T>
using Checked = Outcome<T, Diagnostics>;

}  // namespace lianqing
