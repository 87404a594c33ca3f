// JSON's escapes, undone without reading the JSON: for seeing what a text holds, however it is
// written and however often it is a JSON text within a JSON text.
#pragma once

#include <string>
#include <string_view>

namespace lianqing {

// With one level of escapes undone, wherever they are.
std::string unescaped(std::string_view text);

// Whether `found` says so of the text as it is, or with its escapes undone once, twice, ...; true
// also if they never end.
template <class Found>
bool at_any_depth(std::string_view raw, const Found& found) {
  constexpr int kMostNested = 8;
  std::string text(raw);
  for (int depth = 0; depth < kMostNested; ++depth) {
    if (found(text)) return true;
    if (text.find('\\') == std::string::npos) return false;
    std::string next = unescaped(text);
    if (next == text) return false;
    text = std::move(next);
  }
  return true;
}

}  // namespace lianqing
