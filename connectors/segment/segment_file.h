// A segment on disk: its blocks, and of each block the columns that are asked for. Nothing else is
// unpacked. Every byte is checked first against hashes, so that damage is told, and what is
// unpacked against bounds, so that bytes made to harm are refused.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/segment/line_shape.h"
#include "connectors/segment/numbered_texts.h"
#include "connectors/segment/part.h"
#include "connectors/segment/text_forms.h"
#include "lianqing/number.h"
#include "lianqing/result.h"

namespace lianqing {

struct SegmentBlockPlace {
  std::uint64_t offset = 0, heading_bytes = 0, heading_hash = 0, part_bytes = 0, rows = 0;
  std::uint64_t line = 0;  // of the first row
};

// Texts of a column, each with Arena::kPadding readable bytes behind it. The memory is its own.
struct SegmentTexts {
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> index;  // of a dictionary: which text each value is
  bool is_dictionary = false;
  std::vector<std::string> memory;

  std::size_t size() const { return is_dictionary ? index.size() : texts.size(); }
  std::string_view at(std::size_t i) const {
    return texts[is_dictionary ? static_cast<std::size_t>(index[i]) : i];
  }
  bool has_backslash() const;
};

// The values of one path and kind of hole, of the rows that have it, in their order.
struct SegmentColumn {
  std::string path;
  HoleKind kind = HoleKind::raw;
  std::vector<TextForm> forms;  // of the texts, and of a dictionary's
  std::vector<SegmentPart> parts;

  std::uint64_t size() const;  // how many values it has
};

struct SegmentValues {
  HoleKind kind = HoleKind::raw;
  std::vector<std::int64_t> values;  // all but raw and text
  std::vector<std::int64_t> scales;  // of decimals; of times: which of the spellings
  SegmentTexts texts;                // of raw and text; of times: spellings, a digit and a zone

  std::size_t size() const {
    return kind == HoleKind::raw || kind == HoleKind::text ? texts.size() : values.size();
  }
  Hole hole(std::size_t i) const;
  Number decimal(std::size_t i) const;  // as the decoder reads it; of decimals
};

struct SegmentShape {
  // `events`: the decoder took each of them, and none has a backslash. `escaped`: it took each, and
  // backslashes are in holes only.
  enum class Lines : std::uint8_t { any, events, escaped };
  Lines lines = Lines::any;
  std::string skeleton;
  std::vector<std::uint32_t> columns;  // of its holes
};

// What the heading of a block says, and the bytes of its parts.
struct SegmentBlock {
  std::size_t number = 0;
  std::size_t rows = 0;
  std::uint64_t line = 0, byte = 0;  // of the first line
  std::string digest;                // SHA-256 of the lines, each followed by LF
  SegmentPart line_gaps, byte_gaps, shape_of, shapes;
  std::vector<SegmentColumn> columns;
  std::string stored;
};

// All but `number` and `stored`.
bool read_segment_heading(std::string_view heading, SegmentBlock& out);
bool read_segment_shapes(std::string_view bytes, std::size_t columns,
                         std::vector<SegmentShape>& out);

class SegmentFile {
 public:
  // True if the file begins like a segment; false also if it cannot be read.
  static bool is_segment(const std::string& path);
  // io; corrupt: damaged or cut short; refused: of a later version.
  [[nodiscard]] static Result<SegmentFile> open(const std::string& path);
  ~SegmentFile();
  SegmentFile(SegmentFile&&) noexcept;
  SegmentFile& operator=(SegmentFile&&) noexcept;

  const std::string& path() const { return path_; }
  std::span<const SegmentBlockPlace> blocks() const { return blocks_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t bytes() const { return size_; }
  // SHA-256 of the digests of the blocks, as stored.
  const std::string& digest() const { return digest_; }

  [[nodiscard]] Result<SegmentBlock> block(std::size_t number) const;
  // Parts of such a block.
  [[nodiscard]] Result<std::vector<SegmentShape>> shapes(const SegmentBlock& block) const;
  [[nodiscard]] Result<std::vector<std::int64_t>> numbers(const SegmentBlock& block,
                                                          const SegmentPart& part) const;
  // Into memory that is used again.
  [[nodiscard]] Status numbers(const SegmentBlock& block, const SegmentPart& part,
                               std::vector<std::int64_t>& out) const;
  // Parts and forms of a column from some texts on.
  // `texts` writes out also those that count on, of which `numbered` is the other way to have them.
  [[nodiscard]] Status texts(const SegmentBlock& block, std::span<const SegmentPart> parts,
                             std::span<const TextForm> forms, SegmentTexts& out) const;
  [[nodiscard]] Status numbered(const SegmentBlock& block, std::span<const SegmentPart> parts,
                                std::span<const TextForm> forms, NumberedTexts& out) const;
  [[nodiscard]] Result<SegmentValues> values(const SegmentBlock& block,
                                             const SegmentColumn& column) const;

  Unexpected<Error> damaged(std::size_t block) const;

 private:
  SegmentFile() = default;
  [[nodiscard]] Result<std::string> bytes_at(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] Result<std::string> text_bytes(const SegmentBlock& block, const SegmentPart& part,
                                               std::size_t behind = 0) const;
  [[nodiscard]] Status read_index();

  std::string path_;
  int fd_ = -1;
  std::uint64_t size_ = 0, lines_ = 0;
  std::string digest_;
  std::vector<SegmentBlockPlace> blocks_;
};

}  // namespace lianqing
