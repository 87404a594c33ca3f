// Decoded records -> rows of a batch.
#pragma once

#include "connectors/decode.h"
#include "connectors/text_numbers.h"
#include "lianqing/row_batch.h"

namespace lianqing {

class RowMaker {
 public:
  explicit RowMaker(RowQuery query) : query_(std::move(query)) {}

  // An empty batch, before its first record.
  void begin(RowBatch& batch);
  // The record becomes a row or, if rows cannot tell all that it says, stays as it is.
  void add(Record record, RowBatch& batch);

 private:
  bool add_row(const Event& event, RowBatch& batch);
  std::uint32_t number(std::string_view text, RowBatch& batch);

  RowQuery query_;
  TextNumbers texts_;
};

}  // namespace lianqing
