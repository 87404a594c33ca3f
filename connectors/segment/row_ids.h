// The ids of a block's rows. Those that count on are not kept as texts: each is written where its
// row is made, most of them from the one before.
#pragma once

#include <cstdint>
#include <memory>

#include "connectors/arena.h"
#include "connectors/segment/numbered_texts.h"
#include "connectors/segment/segment_file.h"
#include "lianqing/row_batch.h"

namespace lianqing {

class RowIds {
 public:
  // Of a text column.
  [[nodiscard]] Status enter(const SegmentFile& file, const SegmentBlock& block,
                             std::uint32_t column);
  bool has_backslash() const { return has_backslash_; }
  // What ids point to besides the arena; null: nothing.
  std::shared_ptr<const void> memory() const { return texts_; }

  // From now on another arena.
  void leave_arena() { last_ = nullptr; }
  // False: value `i` is no id.
  bool set(std::size_t i, Arena& arena, EventRow& row);

 private:
  std::shared_ptr<SegmentTexts> texts_;  // null: they count on
  NumberedTexts numbered_;
  bool has_backslash_ = false;
  char* last_ = nullptr;  // the text written last, of value
  std::size_t last_value_ = 0;
  std::size_t size_ = 0, end_ = 0;  // its bytes, those up to its number's end
};

}  // namespace lianqing
