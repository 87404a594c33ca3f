#include "cli/translation.h"

#include <vector>

#include "cli/translation_rows.h"

namespace lianqing {
namespace {

constexpr std::string_view kHole = "{}";
constexpr int kDeepest = 4;  // messages inside messages

using Parts = std::vector<std::string_view>;

// What the holes of `pattern` stand for in `text`; the first of them as short as can be. False if
// it is not the same message.
bool read(std::string_view pattern, std::string_view text, Parts& parts) {
  const std::size_t hole = pattern.find(kHole);
  if (hole == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, hole))) return false;
  text.remove_prefix(hole);
  pattern.remove_prefix(hole + kHole.size());
  const std::string_view next = pattern.substr(0, pattern.find(kHole));
  if (next.empty() && pattern.empty()) {
    parts.push_back(text);
    return true;
  }
  for (std::size_t end = text.find(next); end != std::string_view::npos;
       end = text.find(next, end + 1)) {
    parts.push_back(text.substr(0, end));
    const std::size_t kept = parts.size();
    if (read(pattern, text.substr(end), parts)) return true;
    parts.resize(kept - 1);
  }
  return false;
}

std::size_t said(std::string_view pattern) {
  std::size_t holes = 0;
  for (std::size_t at = pattern.find(kHole); at != std::string_view::npos;
       at = pattern.find(kHole, at + 1))
    ++holes;
  return pattern.size() - kHole.size() * holes;
}

// The row that says most of the message itself.
const TranslationRow* row_of(std::string_view text, Parts& parts) {
  const TranslationRow* best = nullptr;
  for (const TranslationRow& row : translation_rows()) {
    Parts found;
    if (best != nullptr && said(row.english) <= said(best->english)) continue;
    if (!read(row.english, text, found)) continue;
    best = &row;
    parts = std::move(found);
  }
  return best;
}

std::string translated(std::string_view text, int depth) {
  Parts parts;
  const TranslationRow* row = depth > kDeepest ? nullptr : row_of(text, parts);
  if (row == nullptr) {
    const std::size_t colon = text.find(": ");  // a place, and what is there
    if (depth > kDeepest || colon == std::string_view::npos) return std::string(text);
    const std::string_view tail = text.substr(colon + 2);
    const std::string inside = translated(tail, depth + 1);
    return inside == tail ? std::string(text) : std::string(text.substr(0, colon)) + "：" + inside;
  }
  std::string out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < row->chinese.size(); ++i) {
    const std::string_view rest = row->chinese.substr(i);
    const bool numbered =
        rest.size() > 2 && rest[0] == '{' && rest[1] >= '1' && rest[1] <= '9' && rest[2] == '}';
    if (!numbered && !rest.starts_with(kHole)) {
      out += rest[0];
      continue;
    }
    const std::size_t which = numbered ? static_cast<std::size_t>(rest[1] - '1') : next++;
    if (which < parts.size()) out += translated(parts[which], depth + 1);
    i += numbered ? 2 : 1;
  }
  return out;
}

}  // namespace

std::string in_chinese(std::string_view english) { return translated(english, 0); }

bool is_translated(std::string_view english) {
  Parts unused;
  return row_of(english, unused) != nullptr;
}

std::string in_language(std::string_view english, bool chinese) {
  return chinese ? in_chinese(english) : std::string(english);
}

}  // namespace lianqing
