// The files of a pack, and of the packs it extends, put together into one tree: sections joined
// over the files of a layer, layers laid over each other from the deepest up. Every node keeps the
// place it was written at, and what it stands for in the layer below. Packs that lie side by side
// in a layer share no name; of their heads the first that has a key gives it, `allow` all.
//
// Maps are merged key by key, anything else replaces what was there; a key with nothing behind it
// takes the key away. A short form is its long form with one key: `yellow: "n >= 3"` changes
// `enter` and leaves `hold`. A measure with another aggregate replaces the measure.
#pragma once

#include <span>

#include "rules/document.h"
#include "rules/syntax.h"

namespace lianqing {

struct JoinedPack {
  Node root;
  std::vector<Node> versions;  // of every file that has one
  bool complete = true;        // every file could be read
};

// SourceSpan::file is the index into `files`. Reports what cannot be joined.
JoinedPack join_pack(std::span<const SourceText> files, Diagnostics& out);

// What the files of one pack extend, in the order written. Reports nothing.
std::vector<Text> extended_packs(std::span<const SourceText> files);

}  // namespace lianqing
