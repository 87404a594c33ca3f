#include "cli/lsp/key_path.h"

#include <algorithm>

#include "cli/lsp/document_text.h"
#include "rules/source_lines.h"

namespace lianqing::lsp {
namespace {

// The key that a line begins with; empty if it has none.
std::string key_of(std::string_view line) {
  const std::size_t begin = content_start(line);
  const std::size_t colon = line.find(':', begin);
  if (colon == std::string_view::npos || line.substr(begin, 1) == "#") return {};
  std::string_view key = line.substr(begin, colon - begin);
  if (key.find_first_of("{[\"'") != std::string_view::npos) return {};
  return std::string(key);
}

// What lies before the place on its own line: keys in front of braces that are still open.
void read_line(std::string_view before, KeyPath& path) {
  char quote = 0;
  std::string word, key;
  std::vector<std::string> open;
  bool value = false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const char c = before[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if ((c == '"' || c == '\'') && (word.empty() || value)) {
      quote = c;
    } else if (c == '{' || c == '[') {
      open.push_back(key);
      word.clear();
      key.clear();
      value = c == '[';
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    } else if (c == ':' && (i + 1 == before.size() || before[i + 1] == ' ')) {
      key = word;
      word.clear();
      value = true;
    } else if (c == ',') {
      word.clear();
      key.clear();
      value = false;
    } else if (c != ' ' && !(c == '-' && word.empty())) {
      word += c;
    }
  }
  for (std::string& one : open) {
    if (!one.empty()) path.keys.push_back(std::move(one));
  }
  if (value && !key.empty()) path.keys.push_back(key);
  path.in_text = quote != 0;
  path.at_key = !value && quote == 0;
}

}  // namespace

KeyPath key_path_at(std::string_view text, std::uint32_t line, std::size_t byte) {
  KeyPath path;
  const std::string_view here = line_of(text, line + 1);
  std::size_t indent = std::min(content_start(here), byte);
  for (std::uint32_t i = line; i > 0 && indent > 0;) {
    const std::string_view above = line_of(text, i--);
    const std::size_t begins = content_start(above);
    if (begins >= above.size() || begins >= indent) continue;
    const std::string key = key_of(above);
    if (key.empty()) continue;
    path.keys.insert(path.keys.begin(), key);
    indent = begins;
  }
  read_line(here.substr(0, byte), path);
  return path;
}

Construct construct_at(const KeyPath& path, bool tests) {
  Construct here = tests ? Construct::tests : Construct::file;
  for (std::size_t i = 0; i < path.keys.size(); ++i) {
    const PartRow* part = part_row(here, path.keys[i]);
    if (part == nullptr || part->construct == Construct::none) return Construct::none;
    const bool named = part->holds == Holds::named || part->holds == Holds::named_or_short;
    if (named && ++i >= path.keys.size()) return Construct::none;  // a name of the author's own
    here = part->construct;
  }
  return here;
}

}  // namespace lianqing::lsp
