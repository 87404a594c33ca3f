// The Merkle tree of RFC 6962 over leaves, kept as tiles of height 8 (256 hashes).
//
//   leaf hash := SHA-256(0x00 leaf)      node hash := SHA-256(0x01 left right)
//   tile (L, N): the hashes of the complete subtrees of height 8*L with indices 256*N to 256*N+255
//
// A full tile never changes again and is stored; the last tile of each level is held here and its
// bytes are a prefix of the full tile to come.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/result.h"
#include "log/sha256.h"

namespace lianqing {

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr std::size_t kTileBytes = 256 * 32;

Digest leaf_hash(std::string_view leaf);
Digest node_hash(const Digest& left, const Digest& right);
Digest empty_root();
// Of consecutive subtrees, a power of two of them.
Digest perfect_root(std::string_view hashes);

struct Tile {
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  std::string hashes;  // 32 bytes each
};

class Tree {
 public:
  std::uint64_t size() const { return size_; }
  Digest root() const;
  // Roots of the complete subtrees of the right edge, the largest first: one per set bit of size().
  std::string edge() const;

  // Adds a leaf; tiles that became full are appended to `full`.
  void add(const Digest& leaf, std::vector<Tile>& full);

  // The hashes so far of the last tile of a level.
  std::string_view partial(std::uint8_t level) const {
    return level < partial_.size() ? std::string_view(partial_[level]) : std::string_view{};
  }

  using LeafAt = std::function<Result<Digest>(std::uint64_t index)>;
  using TileAt = std::function<Result<std::string>(std::uint8_t level, std::uint64_t index)>;
  // The tree of `size` leaves from what is stored; every tile below the edge is hashed anew.
  [[nodiscard]] static Result<Tree> rebuild(std::uint64_t size, const LeafAt& leaf_at,
                                            const TileAt& full_tile);

  // The root when there were `size` leaves, `size` <= size().
  [[nodiscard]] Result<Digest> root_at(std::uint64_t size, const TileAt& full_tile) const;

 private:
  void remake_edge();

  std::uint64_t size_ = 0;
  std::vector<Digest> edge_;
  std::vector<std::string> partial_;  // per level, fewer than 256 hashes
};

}  // namespace lianqing
