#include "connectors/segment/row_ids.h"

#include <cstring>

#include "connectors/decode.h"

namespace lianqing {
namespace {

// Short texts, without a call.
void copy_short(char* to, const char* from, std::size_t size) {
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    std::uint64_t head, tail;
    std::memcpy(&head, from, 8);
    std::memcpy(&tail, from + size - 8, 8);
    std::memcpy(to, &head, 8);
    std::memcpy(to + size - 8, &tail, 8);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = from[i];
  }
}

}  // namespace

Status RowIds::enter(const SegmentFile& file, const SegmentBlock& block, std::uint32_t column) {
  const SegmentColumn& from = block.columns[column];
  leave_arena();
  texts_ = nullptr;
  if (from.forms.front() == TextForm::numbered) {
    if (Status s = file.numbered(block, from.parts, from.forms, numbered_); !s) return s;
    has_backslash_ = numbered_.has_backslash();
    return {};
  }
  auto texts = std::make_shared<SegmentTexts>();
  if (Status s = file.texts(block, from.parts, from.forms, *texts); !s) return s;
  has_backslash_ = texts->has_backslash();
  texts_ = std::move(texts);
  return {};
}

bool RowIds::set(std::size_t i, Arena& arena, EventRow& row) {
  if (texts_ != nullptr) {
    const std::string_view id = texts_->at(i);
    if (id.empty() || id.size() > kMaxAttributeBytes) return false;
    row.set_id(id);
    return true;
  }
  const NumberedTexts& from = numbered_;
  const bool is_alike = last_ != nullptr && from.stem[i] == from.stem[last_value_] &&
                        from.digits[i] == from.digits[last_value_];
  if (!is_alike) {
    size_ = from.size_of(i);
    end_ = size_ - from.behind(i);
    if (size_ > kMaxAttributeBytes) return false;
  }
  char* const out = arena.bytes(size_);
  if (is_alike && from.numbers[i] == from.numbers[last_value_] + 1 && last_[end_ - 1] != '9') {
    copy_short(out, last_, size_);
    ++out[end_ - 1];
  } else {
    from.write(i, out);
  }
  last_ = out;
  last_value_ = i;
  row.set_id({out, size_});
  return true;
}

}  // namespace lianqing
