// What the things of a pack are, in words, and what can stand at a place: for hover and completion.
#pragma once

#include <string>
#include <vector>

#include "cli/lsp/key_path.h"
#include "cli/lsp/workspace.h"

namespace lianqing::lsp {

// Markdown; empty if nothing is known of the word. `path`: where it stands.
std::string hover_text(const OpenPack& pack, const KeyPath& path, bool tests, std::string_view word,
                       bool chinese);

struct Proposal {
  enum class Kind : std::uint8_t { key, measure, param, list, function, field, word };
  Kind kind = Kind::key;
  std::string label;
  std::string detail;  // one line
};
std::vector<Proposal> proposals(const OpenPack& pack, const KeyPath& path, bool tests,
                                bool chinese);

}  // namespace lianqing::lsp
