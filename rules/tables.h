// The growing tables of a program while it is made: constant texts, field slots, patterns and
// attributes are interned, expressions, streams and windows that mean the same are shared.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "rules/program.h"

namespace lianqing {

class Tables {
 public:
  explicit Tables(Program& program) : program_(program) {}

  Symbol symbol(std::string_view text);
  std::uint32_t slot(const std::string& path);
  // kNone: no rule reads the field.
  std::uint32_t find_slot(const std::string& path) const;
  std::uint32_t pattern(const std::string& re2);
  std::uint32_t attribute(const std::string& name);

  std::uint32_t add(Expr expr);
  // An expression of the same meaning, if there is one. Only for expressions over events: of those
  // over measures the text as written is shown to people.
  std::uint32_t share(Expr expr);
  std::uint32_t stream(const Stream& stream);
  std::uint32_t sequence(Sequence sequence);
  std::uint32_t window(std::uint32_t stream, const WindowSpan& span, std::uint8_t upkeep);

 private:
  Program& program_;
  std::map<std::string, std::uint32_t, std::less<>> symbols_, slots_, patterns_, attributes_;
  std::map<std::string, std::uint32_t> shared_;
};

}  // namespace lianqing
