// The columns of a block as rows need them: numbers, ready to be handed over. Each text of a
// dictionary is numbered once a block; of texts that count on, what their numbers are is kept from
// block to block, and a text is written out only when it is new.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connectors/row_maker.h"
#include "connectors/segment/numbered_texts.h"
#include "connectors/segment/segment_file.h"

namespace lianqing {

// What a column is to the rows that have it.
enum class ColumnUse : std::uint8_t { attribute, time, field };

struct RowColumn {
  static constexpr std::int64_t kTooLong = -1;  // attributes: longer than the decoder lets it be

  RowValue::Kind kind = RowValue::Kind::boolean;
  bool has_backslash = false;
  // As RowValue::num; instants; of attributes numbers of texts, of those that are empty kNoText.
  std::vector<std::int64_t> values;
  std::vector<std::uint32_t> dens;  // as RowValue::den; none: all are 1
};

class RowColumns {
 public:
  // Both must outlive it.
  RowColumns(const SegmentFile& file, RowMaker& maker) : file_(file), maker_(maker) {}

  // Of another block: none is there.
  void enter(const SegmentBlock& block);
  // Makes a column, once; corrupt also if it is raw, or wanted for two uses. New texts go to
  // `batch`.
  [[nodiscard]] Status want(std::uint32_t column, ColumnUse use, RowBatch& batch);
  const RowColumn& operator[](std::uint32_t column) const { return columns_[column]; }

 private:
  // The texts of one stem and so many digits, by number.
  struct Known {
    std::vector<std::uint32_t> numbers;
    bool is_attribute = true;  // not too long for one
  };
  static constexpr std::size_t kMostKnown = 4U << 20;  // numbers, of all

  [[nodiscard]] Status texts(std::span<const SegmentPart> parts, std::span<const TextForm> forms,
                             ColumnUse use, RowBatch& batch, RowColumn& out);
  [[nodiscard]] Status numbered(std::span<const SegmentPart> parts, std::span<const TextForm> forms,
                                ColumnUse use, RowBatch& batch, RowColumn& out);
  [[nodiscard]] Status time(const SegmentColumn& column, RowColumn& out);
  [[nodiscard]] Status decimals(const SegmentColumn& column, RowColumn& out);
  [[nodiscard]] Status time_texts(const SegmentColumn& column, RowBatch& batch, RowColumn& out);
  std::int64_t number(std::string_view text, ColumnUse use, RowBatch& batch);
  Known& known(std::size_t i);
  std::uint32_t new_number(Known& known, std::size_t i, RowBatch& batch);

  const SegmentFile& file_;
  RowMaker& maker_;
  const SegmentBlock* block_ = nullptr;
  std::vector<RowColumn> columns_;
  std::vector<std::optional<ColumnUse>> made_;

  std::map<std::pair<std::string, std::int64_t>, Known> known_;  // by stem and digits
  std::size_t known_numbers_ = 0;
  NumberedTexts numbered_;      // memory that is used again, as all below
  std::vector<Known*> places_;  // of stem and digits in numbered_
  std::string text_;
};

}  // namespace lianqing
