#include "cli/serve/sensitive.h"

#include <algorithm>

#include "cli/serve/escapes.h"
#include "cli/serve/json_members.h"

namespace lianqing {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Behind the value that begins at `at`, or the end of the text.
std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = std::min(json_string_end(text, at), text.size());
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return text.size();
}

}  // namespace

Sensitive::Sensitive(const Program& program) {
  for (const EventType& type : program.types) {
    for (const FieldCheck& field : type.fields) {
      if (field.sensitive) names_.insert(field.name.substr(field.name.rfind('.') + 1));
    }
  }
}

bool Sensitive::names_one(std::string_view text) const {
  return at_any_depth(text, [this](const std::string& at_depth) {
    return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
      return at_depth.find(name) != std::string::npos;
    });
  });
}

std::optional<std::string> Sensitive::redacted(std::string_view raw) const {
  if (names_.empty() || !names_one(raw)) return std::string(raw);
  std::string out, rest;  // rest: without the names and values that were found
  std::size_t at = 0;
  while (at < raw.size()) {
    const std::size_t quote = std::min(raw.find('"', at), raw.size());
    out.append(raw.substr(at, quote - at));
    rest.append(raw.substr(at, quote - at));
    if (quote == raw.size()) break;
    const std::size_t end = json_string_end(raw, quote);
    if (end == std::string_view::npos) {
      out.append(raw.substr(quote));
      rest.append(raw.substr(quote));
      break;
    }
    const std::string_view whole = raw.substr(quote, end - quote);
    const std::size_t colon = raw.find_first_not_of(kSpace, end);
    const bool is_name = colon != std::string_view::npos && raw[colon] == ':';
    out.append(whole);
    at = end;
    if (!is_name || !names_.contains(unescaped(whole.substr(1, whole.size() - 2)))) {
      rest.append(whole);
      continue;
    }
    const std::size_t value = std::min(raw.find_first_not_of(kSpace, colon + 1), raw.size());
    out.append(raw.substr(end, value - end)).append("\"***\"");
    at = value_end(raw, value);
  }
  if (names_one(rest)) return std::nullopt;
  return out;
}

}  // namespace lianqing
