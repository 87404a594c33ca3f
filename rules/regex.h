// Regular expressions of `matches`: RE2, so that matching takes linear time on any text. The .cc is
// the only includer of re2.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lianqing {

// What RE2 says is wrong with the pattern (in English); nothing if it is valid.
std::optional<std::string> regex_error(std::string_view pattern);

// Compiled patterns, Program::patterns index by index. Immutable; may be shared between threads.
class PatternSet {
 public:
  // Every pattern is valid: compile() has made sure.
  explicit PatternSet(const std::vector<std::string>& patterns);
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  // True if the pattern matches anywhere in the text.
  bool matches(std::uint32_t index, std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace lianqing
