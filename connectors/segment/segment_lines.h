// The lines of a segment, one after the other, as JsonLinesFile gives those of a file; or its
// records, made from the columns where that gives the same.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connectors/decode.h"
#include "connectors/segment/open_block.h"
#include "connectors/segment/segment_file.h"
#include "connectors/sources/jsonl_file.h"
#include "lianqing/result.h"

namespace lianqing {

class SegmentLines {
 public:
  // As SegmentFile::open.
  [[nodiscard]] static Result<SegmentLines> open(const std::string& path);
  ~SegmentLines();
  SegmentLines(SegmentLines&&) noexcept;
  SegmentLines& operator=(SegmentLines&&) noexcept;

  // As JsonLinesFile::next; corrupt: a block is damaged (the lines before it have been given).
  [[nodiscard]] Result<std::optional<RawLine>> next();
  // The next line decoded, but for raw and Origin::byte, which are left empty: SegmentLookup has
  // them. The record points into `arena` and into what is added to `held`. Not after next().
  [[nodiscard]] Result<std::optional<Record>> next_record(
      EventDecoder& decoder, std::uint32_t file_index, Arena& arena,
      std::vector<std::shared_ptr<const void>>& held);
  // The next block as a whole, for a reader of its own; null at the end. Not after the above.
  [[nodiscard]] Result<std::shared_ptr<OpenBlock>> next_block();
  // Goes on, if that is further on, with the block that holds this line.
  void seek(std::uint64_t line);

  const SegmentFile& file() const;
  std::uint64_t blank_lines() const;  // that stood between the lines so far
  std::uint64_t bytes_read() const;
  std::optional<std::uint64_t> bytes_total() const;
  // Whether the line given last ends its block, and what is stored as the SHA-256 of the lines of
  // that block. Nothing but LineDigest compares them.
  bool ends_block() const;
  const std::string& block_digest() const;

 private:
  class Reading;
  explicit SegmentLines(std::unique_ptr<Reading> reading);
  std::unique_ptr<Reading> reading_;
};

}  // namespace lianqing
