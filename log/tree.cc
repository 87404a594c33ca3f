#include "log/tree.h"

#include <bit>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kHash = 32;

Digest digest_at(std::string_view hashes, std::size_t index) {
  Digest out;
  hashes.copy(out.data(), kHash, index * kHash);
  return out;
}

// RFC 6962 puts the largest complete subtree to the left: the root folds the edge from the right.
Digest fold(const std::vector<Digest>& edge) {
  if (edge.empty()) return empty_root();
  Digest out = edge.back();
  for (std::size_t i = edge.size() - 1; i-- > 0;) out = node_hash(edge[i], out);
  return out;
}

}  // namespace

Digest leaf_hash(std::string_view leaf) { return sha256({std::string_view("\0", 1), leaf}); }
Digest node_hash(const Digest& left, const Digest& right) {
  return sha256({"\1", bytes_of(left), bytes_of(right)});
}
Digest empty_root() { return sha256({}); }

Digest perfect_root(std::string_view hashes) {
  std::vector<Digest> row;
  for (std::size_t i = 0; i < hashes.size() / kHash; ++i) row.push_back(digest_at(hashes, i));
  LQ_ASSERT(std::has_single_bit(row.size()));
  for (; row.size() > 1; row.resize(row.size() / 2)) {
    for (std::size_t i = 0; i < row.size() / 2; ++i) {
      row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    }
  }
  return row[0];
}

Digest Tree::root() const { return fold(edge_); }

std::string Tree::edge() const {
  std::string out;
  for (const Digest& digest : edge_) out += bytes_of(digest);
  return out;
}

void Tree::add(const Digest& leaf, std::vector<Tile>& full) {
  Digest hash = leaf;
  for (unsigned height = 0;; ++height) {
    if (height % 8 == 0) {
      const std::size_t level = height / 8;
      if (partial_.size() <= level) partial_.emplace_back();
      partial_[level] += bytes_of(hash);
      if (partial_[level].size() == kTileBytes) {
        full.push_back({static_cast<std::uint8_t>(level), size_ >> (height + 8),
                        std::exchange(partial_[level], {})});
      }
    }
    if ((size_ >> height & 1) == 0) break;
    hash = node_hash(edge_.back(), hash);
    edge_.pop_back();
  }
  edge_.push_back(hash);
  ++size_;
}

void Tree::remake_edge() {
  edge_.clear();
  for (std::size_t level = partial_.size(); level-- > 0;) {
    const std::size_t width = partial_[level].size() / kHash;
    std::size_t at = 0;
    for (std::size_t bit = kTileWidth / 2; bit > 0; bit /= 2) {
      if ((width & bit) == 0) continue;
      edge_.push_back(
          perfect_root(std::string_view(partial_[level]).substr(at * kHash, bit * kHash)));
      at += bit;
    }
  }
}

Result<Tree> Tree::rebuild(std::uint64_t size, const LeafAt& leaf_at, const TileAt& full_tile) {
  Tree out;
  out.size_ = size;
  for (std::uint8_t level = 0; size >> (8 * level) != 0; ++level) {
    const std::uint64_t end = size >> (8 * level);
    std::string& hashes = out.partial_.emplace_back();
    for (std::uint64_t i = end - end % kTileWidth; i < end; ++i) {
      if (level == 0) {
        LQ_TRY(const Digest leaf, leaf_at(i));
        hashes += bytes_of(leaf);
      } else {
        LQ_TRY(const std::string tile, full_tile(static_cast<std::uint8_t>(level - 1), i));
        hashes += bytes_of(perfect_root(tile));
      }
    }
    if (level == 7) break;
  }
  out.remake_edge();
  return out;
}

Result<Digest> Tree::root_at(std::uint64_t size, const TileAt& full_tile) const {
  LQ_ASSERT(size <= size_);
  std::vector<Digest> edge;
  std::uint64_t before = 0;  // leaves left of the subtree
  for (unsigned height = 63; height < 64; --height) {
    if ((size >> height & 1) == 0) continue;
    const auto level = static_cast<std::uint8_t>(height / 8);
    const std::uint64_t first = before >> (8 * level), count = std::uint64_t{1} << height % 8;
    const std::uint64_t tile = first / kTileWidth;
    std::string hashes;
    if (tile < size_ >> (8 * level) >> 8) {
      LQ_TRY(hashes, full_tile(level, tile));
    } else {
      hashes = partial(level);
    }
    edge.push_back(perfect_root(
        std::string_view(hashes).substr(static_cast<std::size_t>(first % kTileWidth) * kHash,
                                        static_cast<std::size_t>(count) * kHash)));
    before += std::uint64_t{1} << height;
  }
  return fold(edge);
}

}  // namespace lianqing
