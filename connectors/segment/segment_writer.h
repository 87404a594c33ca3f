// Lines of a log -> a segment: block by block, each holding some 16,000 lines by columns.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/decode.h"
#include "connectors/sources/jsonl_file.h"
#include "lianqing/result.h"

namespace lianqing {

// The first bytes of every segment; of those of the version before, which are read, too.
inline constexpr std::string_view kSegmentMagic = "lianqing-segment/2\n";
inline constexpr std::string_view kSegmentMagicBefore = "lianqing-segment/1\n";
static_assert(kSegmentMagic.size() == kSegmentMagicBefore.size());

struct SegmentTotals {
  std::uint64_t lines = 0;
  std::uint64_t line_bytes = 0;  // of the lines, without their ends
  std::uint64_t bytes = 0;       // of the segment
};

class SegmentWriter {
 public:
  using Put = std::function<Status(std::string_view)>;

  explicit SegmentWriter(Put put);
  ~SegmentWriter();

  // Lines in order; their places must not go back. Keeps nothing of it.
  [[nodiscard]] Status add(const RawLine& line);
  // Must be called at the end: a segment without its end is refused by readers.
  [[nodiscard]] Result<SegmentTotals> finish();

 private:
  class Block;
  struct Index;
  [[nodiscard]] Status put(std::string_view bytes);
  [[nodiscard]] Status flush();

  Put put_;
  std::unique_ptr<Block> block_;
  std::unique_ptr<Index> index_;
  SegmentTotals totals_;
  EventDecoder decoder_;
  Arena arena_;
};

}  // namespace lianqing
