// A pack as it stands after all its files and layers are put together: `lianqing check --expanded`.
#pragma once

#include <span>
#include <string>

#include "lianqing/diagnostic.h"
#include "rules/document.h"

namespace lianqing {

// YAML. Of a pack in layers every value that is not the topmost pack's own, or replaces another's,
// is followed by a comment: where it was written, and what it stands for.
std::string render_expanded_yaml(const Node& root, std::span<const SourceText> texts);
// {"pack": the tree, "from": {JSON pointer: {"file", "line", "replaces"}}}, with the same places.
std::string render_expanded_json(const Node& root, std::span<const SourceText> texts);

}  // namespace lianqing
