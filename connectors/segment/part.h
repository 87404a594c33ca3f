// The parts of a block: each a run of numbers or of bytes, compressed and hashed by itself, so that
// a reader takes in those it wants and no others. docs/formats.md has the grammar.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/bytes.h"

namespace lianqing {

inline constexpr std::size_t kSegmentRows = 65'536;              // lines of a block, at most
inline constexpr std::size_t kMaxPartBytes = 128 * 1024 * 1024;  // decompressed

struct SegmentPart {
  // How numbers are made of what is stored: value = base + step * n, or, summed up, the value
  // before + step * zigzag(n); n are `width` bytes each, all their lowest bytes first. Width 0: n
  // is 0.
  bool summed = false;
  bool packed = false;  // by zstd
  std::uint32_t width = 0;
  std::int64_t base = 0;
  std::uint64_t step = 0;
  std::uint64_t count = 0;   // numbers, or bytes
  std::uint64_t stored = 0;  // bytes in the file
  std::uint64_t hash = 0;    // of the stored bytes
  std::uint64_t offset = 0;  // of the stored bytes behind the heading; not stored
};

// Writes parts behind each other; their headings elsewhere.
class PartWriter {
 public:
  explicit PartWriter(ByteWriter& headings) : headings_(headings) {}

  void numbers(std::span<const std::int64_t> values);
  void bytes(std::string_view bytes);
  const std::string& stored() const { return stored_; }

 private:
  void put(SegmentPart part, std::string_view plain);

  ByteWriter& headings_;
  std::string stored_;
};

// The next heading; false if it has no meaning. `offset` goes on behind its bytes.
bool read_part(ByteReader& headings, std::uint64_t& offset, SegmentPart& out);

// `stored` are the part's bytes. False: they are not what was written.
[[nodiscard]] bool part_numbers(const SegmentPart& part, std::string_view stored,
                                std::vector<std::int64_t>& out);
// With `behind` zero bytes behind them.
[[nodiscard]] bool part_bytes(const SegmentPart& part, std::string_view stored, std::string& out,
                              std::size_t behind = 0);

std::uint64_t segment_hash(std::string_view bytes);

}  // namespace lianqing
