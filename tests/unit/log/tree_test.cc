// The tree against the vectors of RFC 6962 implementations and against its own definition.
#include "log/tree.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>

namespace lianqing {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}
std::string hex(const Digest& digest) { return hex(bytes_of(digest)); }
std::string unhex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return out;
}

// The definition, letter by letter: RFC 6962 section 2.1.
Digest definition(const std::vector<Digest>& leaves, std::size_t from, std::size_t to) {
  if (from == to) return sha256({});
  if (to - from == 1) return leaves[from];
  const std::size_t k = std::bit_floor(to - from - 1);
  return node_hash(definition(leaves, from, from + k), definition(leaves, from + k, to));
}

Digest numbered(std::uint64_t i) { return leaf_hash("leaf " + std::to_string(i)); }

struct Grown {
  Tree tree;
  std::vector<Digest> leaves;
  std::map<std::pair<int, std::uint64_t>, std::string> tiles;

  void grow(std::uint64_t to) {
    std::vector<Tile> full;
    while (tree.size() < to) {
      leaves.push_back(numbered(tree.size()));
      tree.add(leaves.back(), full);
    }
    for (Tile& tile : full) tiles[{tile.level, tile.index}] = std::move(tile.hashes);
  }
  Tree::TileAt full_tile() const {
    return [this](std::uint8_t level, std::uint64_t index) -> Result<std::string> {
      const auto at = tiles.find({level, index});
      if (at == tiles.end()) return failure(ErrorCode::corrupt, "no such tile");
      return at->second;
    };
  }
};

// The eight leaves and roots of the test data that Certificate Transparency's implementations
// share.
TEST(Tree, VectorsOfCertificateTransparency) {
  const char* leaves[] = {"",
                          "00",
                          "10",
                          "2021",
                          "3031",
                          "40414243",
                          "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"};
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Tree tree;
  std::vector<Tile> full;
  EXPECT_EQ(hex(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < std::size(leaves); ++i) {
    tree.add(leaf_hash(unhex(leaves[i])), full);
    EXPECT_EQ(hex(tree.root()), roots[i]) << i + 1 << " leaves";
  }
  EXPECT_TRUE(full.empty());
  EXPECT_EQ(tree.partial(0).size(), 8U * 32U);
}

TEST(Tree, RootIsTheDefinitionAtEverySize) {
  Grown grown;
  for (std::uint64_t size = 0; size <= 600; ++size) {
    grown.grow(size);
    ASSERT_EQ(hex(grown.tree.root()), hex(definition(grown.leaves, 0, size))) << size;
    ASSERT_EQ(grown.tree.edge().size() / 32, static_cast<std::size_t>(std::popcount(size)));
  }
}

TEST(Tree, TilesHoldTheSubtreesOfHeightEight) {
  Grown grown;
  grown.grow(3 * 256 + 7);
  ASSERT_EQ(grown.tiles.size(), 3U);
  for (std::uint64_t tile = 0; tile < 3; ++tile) {
    std::string expected;
    for (std::uint64_t i = 0; i < 256; ++i) expected += bytes_of(grown.leaves[tile * 256 + i]);
    EXPECT_EQ(hex(grown.tiles.at({0, tile})), hex(expected));
    EXPECT_EQ(hex(grown.tree.partial(1).substr(tile * 32, 32)),
              hex(definition(grown.leaves, tile * 256, tile * 256 + 256)));
  }
  EXPECT_EQ(grown.tree.partial(0).size(), 7U * 32U);
}

TEST(Tree, RebuiltFromTilesItIsTheSame) {
  for (const std::uint64_t size :
       {0U, 1U, 255U, 256U, 257U, 511U, 512U, 1000U, 65535U, 65536U, 65537U, 65536U + 513U}) {
    Grown grown;
    grown.grow(size);
    auto again = Tree::rebuild(
        size, [&](std::uint64_t i) -> Result<Digest> { return grown.leaves[i]; },
        grown.full_tile());
    ASSERT_TRUE(again) << size;
    EXPECT_EQ(hex(again->edge()), hex(grown.tree.edge())) << size;
    for (std::uint8_t level = 0; level < 3; ++level) {
      EXPECT_EQ(hex(again->partial(level)), hex(grown.tree.partial(level))) << size;
    }
    std::vector<Tile> full;
    again->add(numbered(size), full);
    grown.grow(size + 1);
    EXPECT_EQ(hex(again->root()), hex(grown.tree.root())) << size;
  }
}

TEST(Tree, RootsOfEarlierSizesAreKept) {
  Grown grown;
  grown.grow(66'100);
  for (const std::uint64_t size :
       {0U, 1U, 2U, 3U, 255U, 256U, 257U, 300U, 65535U, 65536U, 65537U, 65792U, 66'000U, 66'100U}) {
    const auto root = grown.tree.root_at(size, grown.full_tile());
    ASSERT_TRUE(root) << size;
    EXPECT_EQ(hex(*root), hex(definition(grown.leaves, 0, size))) << size;
  }
}

TEST(Tree, AnAlteredTileChangesTheRebuiltEdge) {
  Grown grown;
  grown.grow(1000);
  grown.tiles.at({0, 1})[77] ^= 1;
  const auto again = Tree::rebuild(
      1000, [&](std::uint64_t i) -> Result<Digest> { return grown.leaves[i]; }, grown.full_tile());
  ASSERT_TRUE(again);
  EXPECT_NE(hex(again->edge()), hex(grown.tree.edge()));
}

}  // namespace
}  // namespace lianqing
