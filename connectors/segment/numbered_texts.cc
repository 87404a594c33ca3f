#include "connectors/segment/numbered_texts.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace lianqing {
namespace {

// The smallest number that does not fit so many digits.
constexpr auto kTooLarge = [] {
  std::array<std::int64_t, NumberedTexts::kMostDigits + 1> out{};
  std::int64_t power = 1;
  for (std::size_t digits = 0; digits < out.size(); ++digits) {
    out[digits] = power;
    if (digits < NumberedTexts::kMostDigits) power *= 10;
  }
  return out;
}();

}  // namespace

bool NumberedTexts::is_right() const {
  const std::size_t count = stem.size();
  if (digits.size() != count || numbers.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (static_cast<std::uint64_t>(stem[i]) >= stems.size()) return false;
    if (digits[i] < 1 || digits[i] > kMostDigits) return false;
    if (numbers[i] < 0 || numbers[i] >= kTooLarge[static_cast<std::size_t>(digits[i])]) {
      return false;
    }
  }
  return true;
}

bool NumberedTexts::has_backslash() const {
  return std::any_of(stems.begin(), stems.end(), [](const Stem& one) {
    return one.before.find('\\') != std::string::npos || one.behind.find('\\') != std::string::npos;
  });
}

void NumberedTexts::write(std::size_t i, char* out) const {
  const Stem& of = stems[static_cast<std::size_t>(stem[i])];
  const auto width = static_cast<std::size_t>(digits[i]);
  std::memcpy(out, of.before.data(), of.before.size());
  out += of.before.size();
  std::int64_t rest = numbers[i];
  for (std::size_t d = width; d-- > 0; rest /= 10) out[d] = static_cast<char>('0' + rest % 10);
  std::memcpy(out + width, of.behind.data(), of.behind.size());
}

}  // namespace lianqing
