// Decoded records -> rows of a batch.
#pragma once

#include <optional>
#include <vector>

#include "connectors/decode.h"
#include "connectors/text_numbers.h"
#include "lianqing/row_batch.h"

namespace lianqing {

class RowMaker {
 public:
  // `rest`: whether rows come with theirs.
  explicit RowMaker(RowQuery query, bool rest = true) : query_(std::move(query)), rest_(rest) {}

  // An empty batch, before its first record.
  void begin(RowBatch& batch);
  // The record becomes a row or, if rows cannot tell all that it says, stays as it is.
  void add(Record record, RowBatch& batch);

  // What such a row is made of. `text`: as TextNumbers::ask has it.
  std::uint32_t number(std::string_view text, RowBatch& batch) {
    return number(TextNumbers::ask(text), batch);
  }
  std::uint32_t number(const TextNumbers::Asked& text, RowBatch& batch) {
    const std::size_t before = texts_.texts().size();
    const std::uint32_t out = texts_.number(text);
    if (out == before) batch.texts.push_back(texts_.texts().back());
    return out;
  }
  const void* place(const TextNumbers::Asked& text) const { return texts_.place(text); }
  std::optional<std::uint16_t> field(std::string_view path) const;
  const std::vector<std::string>& fields() const { return query_.fields; }
  // Whether records of the type, the number of its name, are given whole.
  bool is_whole(std::uint32_t type);

 private:
  bool add_row(const Event& event, RowBatch& batch);

  RowQuery query_;
  bool rest_;
  TextNumbers texts_;
  std::vector<signed char> whole_;  // by number: 1, 0; -1: not asked yet
};

}  // namespace lianqing
