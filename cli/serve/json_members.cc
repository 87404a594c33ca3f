#include "cli/serve/json_members.h"

namespace lianqing {
std::size_t json_string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

namespace {

// Behind the value that begins at `at`: at the comma or bracket that follows it.
std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = json_string_end(text, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  std::vector<JsonMember> out;
  if (text == "{}") return out;
  if (!text.starts_with('{')) return std::nullopt;
  for (std::size_t at = 1; at < text.size();) {
    if (text[at] != '"') return std::nullopt;
    const std::size_t colon = json_string_end(text, at);
    if (colon == std::string_view::npos || colon >= text.size() || text[colon] != ':') {
      return std::nullopt;
    }
    const std::size_t end = value_end(text, colon + 1);
    if (end == std::string_view::npos || end == colon + 1) return std::nullopt;
    out.emplace_back(text.substr(at + 1, colon - at - 2), text.substr(colon + 1, end - colon - 1));
    if (text[end] == '}') {
      if (end + 1 != text.size()) return std::nullopt;
      return out;
    }
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace lianqing
