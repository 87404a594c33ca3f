// The rows of a segment, straight from its columns: those of the attributes and of the fields that
// are asked for are unpacked and no others, no line is put together and no content hashed.
// Records that rows cannot tell (lists asked for, no unit, lines that are no events, types given
// whole) are made as a whole, as SegmentLines makes them.
// Content is not told (ContentHash{}): SegmentLookup::event() has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/row_maker.h"
#include "connectors/segment/row_columns.h"
#include "connectors/segment/row_ids.h"
#include "connectors/segment/segment_lines.h"

namespace lianqing {

class SegmentRows {
 public:
  // Both must outlive it; nobody else may read on in `lines`. `maker` numbers the texts.
  SegmentRows(SegmentLines& lines, RowMaker& maker, std::uint32_t file_index);

  // Adds the next rows: at most `most`, and none behind one that is given whole. They point into
  // `arena` and into what is added to `held`. False at the end, with nothing added.
  [[nodiscard]] Result<bool> next(std::size_t most, Arena& arena,
                                  std::vector<std::shared_ptr<const void>>& held, RowBatch& batch);

 private:
  // A column gone through value by value; of no column: null.
  struct Cursor {
    const std::int64_t* values = nullptr;
    std::size_t* next = nullptr;

    std::int64_t take() { return values[(*next)++]; }
  };
  struct FieldColumn {
    std::uint16_t field = 0;
    std::uint32_t column = 0;
    RowValue::Kind kind = RowValue::Kind::boolean;
    Cursor values{};
    const std::uint32_t* dens = nullptr;  // null: all are 1
  };
  // What becomes of the rows of a shape.
  struct Plan {
    bool is_used = false;
    bool is_row = false;  // else they are given whole
    bool has_escapes = false;
    std::uint32_t type = kNoText;
    EventPlan::Attributes at;
    std::vector<FieldColumn> fields;  // by field
    Cursor source, unit, subject, time, recorded;
    std::size_t* next_id = nullptr;
    std::vector<std::uint32_t> passing;  // columns that nobody asks for, but for lines put together
  };

  [[nodiscard]] Result<bool> enter_block(RowBatch& batch);
  bool plan_row(const EventPlan& from, Plan& out, RowBatch& batch);
  [[nodiscard]] Status want(Plan& plan, RowBatch& batch);
  [[nodiscard]] Status want_whole();
  void bind(Plan& plan);
  bool add_row(Plan& plan, std::uint64_t line, Arena& arena, RowBatch& batch);
  [[nodiscard]] Status add_whole(std::size_t shape, std::uint64_t line, Arena& arena,
                                 RowBatch& batch);

  SegmentLines& lines_;
  RowMaker& maker_;
  const std::uint32_t file_index_;
  EventDecoder decoder_;
  std::string line_;

  std::shared_ptr<OpenBlock> block_;
  std::vector<Plan> plans_;  // of its shapes
  RowColumns columns_;       // of those that are rows
  RowIds ids_;
  std::uint32_t id_column_ = EventPlan::kNone;
  bool all_rows_ = true;
  std::size_t row_ = 0;
  std::uint64_t line_number_ = 0;  // where the next line would stand without a gap
};

}  // namespace lianqing
