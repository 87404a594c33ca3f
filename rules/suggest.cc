#include "rules/suggest.h"

#include <algorithm>

#include "lianqing/time.h"
#include "rules/identifier.h"

namespace lianqing {
namespace {

// A longer word is no slip of a name, and the table below grows with the square.
constexpr std::size_t kLongestName = 128;

// Code points with ASCII letters in lower case.
std::u32string fold_case(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    out += c.value >= U'A' && c.value <= U'Z' ? c.value - U'A' + U'a' : c.value;
    text.remove_prefix(c.bytes);
  }
  return out;
}

// Three rows of the usual table: a swap looks two rows back.
std::size_t distance(const std::u32string& a, const std::u32string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::u32string code_points(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const CodePoint c = first_code_point(text);
    out += c.value;
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::optional<std::string> only_one_beginning_with(std::string_view word,
                                                   const std::vector<std::string>& candidates) {
  if (count_code_points(word) < 3) return std::nullopt;
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    if (!candidate.starts_with(word) || candidate == word) continue;
    if (found != nullptr && *found != candidate) return std::nullopt;
    found = &candidate;
  }
  if (found == nullptr) return std::nullopt;
  return *found;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  return distance(code_points(a), code_points(b));
}

std::optional<std::string> date_meant(std::string_view text) {
  std::vector<std::string> numbers;
  bool inside = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && !inside) numbers.emplace_back();
    if (digit) numbers.back() += c;
    inside = digit;
  }
  if (numbers.size() == 1 && numbers[0].size() == 8)
    numbers = {numbers[0].substr(0, 4), numbers[0].substr(4, 2), numbers[0].substr(6)};
  if (numbers.size() != 3 || numbers[0].size() != 4) return std::nullopt;
  for (std::size_t i = 1; i < 3; ++i) {
    if (numbers[i].size() > 2) return std::nullopt;
    if (numbers[i].size() == 1) numbers[i].insert(0, 1, '0');
  }
  std::string out = numbers[0] + "-" + numbers[1] + "-" + numbers[2];
  if (!parse_date(out)) return std::nullopt;
  return out;
}

std::optional<std::string> nearest_name(std::string_view word,
                                        const std::vector<std::string>& candidates) {
  const std::u32string wanted = fold_case(word);
  if (wanted.empty() || wanted.size() > kLongestName) return std::nullopt;
  const std::size_t allowed = std::max<std::size_t>(1, wanted.size() / 3);
  const std::string* best = nullptr;
  std::size_t best_distance = allowed + 1;
  for (const std::string& candidate : candidates) {
    const std::u32string known = fold_case(candidate);
    if (candidate == word || known.size() > wanted.size() + allowed ||
        wanted.size() > known.size() + allowed) {
      continue;
    }
    const std::size_t d = distance(wanted, known);
    // One character replaced by another leaves nothing of a one-character name.
    if (d >= std::max(wanted.size(), known.size())) continue;
    if (d < best_distance || (best != nullptr && d == best_distance && candidate < *best)) {
      best = &candidate;
      best_distance = d;
    }
  }
  if (best != nullptr) return *best;
  return only_one_beginning_with(word, candidates);
}

}  // namespace lianqing
