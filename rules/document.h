// YAML text -> a tree of nodes with places. What the language does not take from YAML is refused
// here: several documents, duplicate keys, anchors and aliases, merge keys, tags, text that is not
// UTF-8. The .cc is the only includer of yaml-cpp. What keys mean is parse's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lianqing/diagnostic.h"

namespace lianqing {

inline constexpr std::size_t kMaxDocumentBytes = 1U << 20;
inline constexpr std::size_t kMaxDocumentNodes = 50'000;
inline constexpr std::size_t kMaxDocumentDepth = 32;

enum class NodeKind : std::uint8_t { scalar, map, sequence };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::scalar;
  bool quoted = false;  // a scalar in quotes or a block: always text, never a number or empty
  std::string text;     // of a scalar, NFC; empty and not quoted: nothing was written
  SourceSpan at;        // the value; where nothing was written: its key
  // The text from its first character inside quotes. length 0: it cannot be mapped to its source
  // character by character (several lines, escapes), and `at` is the best place there is.
  SourceSpan inside;
  std::vector<Entry> entries;  // of a map, in order
  std::vector<Node> items;     // of a sequence
  // The value of the layer below that this one stands for: none or one. Set by layers.cc.
  std::vector<Node> replaced;

  bool is_scalar() const { return kind == NodeKind::scalar; }
  bool is_map() const { return kind == NodeKind::map; }
  bool is_sequence() const { return kind == NodeKind::sequence; }
  bool is_empty() const { return is_scalar() && !quoted && text.empty(); }
  const Node* find(std::string_view key) const;
};

struct Entry {
  std::string key;  // NFC
  SourceSpan key_at;
  Node value;
};

// The document's root; nothing after an error that leaves no tree to go on with. Duplicate keys and
// the like are reported and the tree is given without them. An empty text has an empty scalar.
std::optional<Node> parse_document(const SourceText& source, std::uint32_t file, Diagnostics& out);

}  // namespace lianqing
