// Texts that count on: a stem, into which a number goes, and the number. They are written out only
// where somebody wants the text itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lianqing {

struct NumberedTexts {
  struct Stem {
    std::string before, behind;  // the number
  };
  static constexpr std::int64_t kMostDigits = 18;

  std::vector<Stem> stems;
  std::vector<std::int64_t> stem, digits, numbers;  // of each text

  std::size_t size() const { return stem.size(); }
  // Whether these make texts; nothing else is asked of what does not.
  bool is_right() const;
  std::size_t size_of(std::size_t i) const {
    const Stem& of = stems[static_cast<std::size_t>(stem[i])];
    return of.before.size() + static_cast<std::size_t>(digits[i]) + of.behind.size();
  }
  std::size_t behind(std::size_t i) const {
    return stems[static_cast<std::size_t>(stem[i])].behind.size();
  }
  bool has_backslash() const;
  // Text `i`, size_of(i) bytes.
  void write(std::size_t i, char* out) const;
};

}  // namespace lianqing
