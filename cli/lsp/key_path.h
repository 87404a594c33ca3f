// Under which keys a place of a YAML text stands, told from the indents and open braces above it:
// while someone types, the text is seldom whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/constructs.h"

namespace lianqing::lsp {

struct KeyPath {
  std::vector<std::string> keys;  // from the outermost
  bool in_text = false;           // inside quotes: a condition or a sentence
  bool at_key = false;            // where a key begins, else a value
};
KeyPath key_path_at(std::string_view text, std::uint32_t line, std::size_t byte);

// What the keys at the place belong to; none if it is not known (names of the author's own).
Construct construct_at(const KeyPath& path, bool tests);

}  // namespace lianqing::lsp
