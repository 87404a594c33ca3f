#include "connectors/segment/segment_rows.h"

#include <algorithm>
#include <cstring>

namespace lianqing {

SegmentRows::SegmentRows(SegmentLines& lines, RowMaker& maker, std::uint32_t file_index)
    : lines_(lines), maker_(maker), file_index_(file_index) {}

Result<bool> SegmentRows::next(std::size_t most, Arena& arena,
                               std::vector<std::shared_ptr<const void>>& held, RowBatch& batch) {
  while (block_ == nullptr || row_ == block_->rows()) {
    LQ_TRY(const bool more, enter_block(batch));
    if (!more) return false;
  }
  if (held.empty() || held.back() != block_) held.push_back(block_);
  const std::size_t end = std::min(row_ + most, block_->rows());
  while (row_ < end) {
    const std::size_t shape = block_->shape_of(row_);
    const std::uint64_t line = line_number_ + static_cast<std::uint64_t>(block_->line_gaps()[row_]);
    line_number_ = line + 1;
    ++row_;
    const Plan& plan = plans_[shape];
    if (!plan.is_row) {
      if (Status s = add_whole(shape, line, arena, batch); !s) return Unexpected<Error>(s.error());
      return true;
    }
    if (!add_row(plan, line, arena, batch)) {
      return lines_.file().damaged(block_->heading().number);
    }
    for (const std::uint32_t column : plan.passing) ++block_->next()[column];
  }
  return true;
}

Result<bool> SegmentRows::enter_block(RowBatch& batch) {
  LQ_TRY(block_, lines_.next_block());
  if (block_ == nullptr) return false;
  row_ = 0;
  line_number_ = block_->heading().line;
  plans_.assign(block_->shapes().size(), {});
  numbers_.assign(block_->heading().columns.size(), {});
  std::vector<bool> used(plans_.size());
  for (std::size_t row = 0; row < block_->rows(); ++row) used[block_->shape_of(row)] = true;
  bool all_rows = true;
  for (std::size_t shape = 0; shape < plans_.size(); ++shape) {
    if (!used[shape]) continue;
    Plan& plan = plans_[shape];
    plan.is_row = plan_row(block_->plan(shape, decoder_), plan, batch);
    all_rows = all_rows && plan.is_row;
  }
  // Where a line has to be put together, all columns must be at its row.
  for (std::size_t shape = 0; shape < plans_.size(); ++shape) {
    if (!used[shape]) continue;
    Plan& plan = plans_[shape];
    const auto& all = block_->shapes()[shape].columns;
    for (const std::uint32_t column : plan.is_row ? plan.passing : all) {
      if (Status s = block_->want(lines_.file(), column); !s) {
        return Unexpected<Error>(s.error());
      }
      const SegmentTexts& texts = block_->values(column).texts;
      if (texts.is_dictionary) numbers_[column].assign(texts.texts.size(), kNotYet);
    }
    if (!all_rows) plan.passing = all;
  }
  return true;
}

// False: its rows are given whole.
bool SegmentRows::plan_row(const EventPlan& from, Plan& out, RowBatch& batch) {
  if (!from.is_direct()) return false;
  out.at = from.attributes();
  if (out.at.unit == EventPlan::kNone && out.at.subject == EventPlan::kNone) return false;
  out.type = maker_.number(from.type(), batch);
  if (maker_.is_whole(out.type)) return false;
  for (const std::uint32_t column :
       {out.at.id, out.at.source, out.at.unit, out.at.subject, out.at.time, out.at.recorded}) {
    if (column != EventPlan::kNone) out.passing.push_back(column);
  }
  for (std::size_t f = 0; f < maker_.fields().size(); ++f) {
    const auto column = from.column_of(maker_.fields()[f]);
    if (!column) return false;
    if (*column == EventPlan::kNone) continue;
    if (block_->heading().columns[*column].kind == HoleKind::raw) return false;
    out.fields.push_back({static_cast<std::uint16_t>(f), *column});
    out.passing.push_back(*column);
  }
  return true;
}

std::uint32_t SegmentRows::number(std::uint32_t column, std::size_t at, RowBatch& batch) {
  const SegmentTexts& texts = block_->values(column).texts;
  if (!texts.is_dictionary) return maker_.number(texts.texts[at], batch);
  const auto place = static_cast<std::size_t>(texts.index[at]);
  std::uint32_t& out = numbers_[column][place];
  if (out == kNotYet) out = maker_.number(texts.texts[place], batch);
  return out;
}

// An empty text is as if it were not there. False: it is longer than the decoder lets it be.
bool SegmentRows::attribute(std::uint32_t column, RowBatch& batch, std::uint32_t& out) {
  const std::size_t at = block_->next()[column];
  const std::string_view text = block_->values(column).texts.at(at);
  if (!text.empty()) out = number(column, at, batch);
  return text.size() <= kMaxAttributeBytes;
}

bool SegmentRows::add_row(const Plan& plan, std::uint64_t line, Arena& arena, RowBatch& batch) {
  const EventPlan::Attributes& at = plan.at;
  const std::vector<std::size_t>& next = block_->next();
  EventRow row;
  const std::string_view id = block_->values(at.id).texts.at(next[at.id]);
  if (id.empty() || id.size() > kMaxAttributeBytes) return false;
  row.set_id(id);
  if (!attribute(at.source, batch, row.source) || row.source == kNoText) return false;
  if (at.unit != EventPlan::kNone && !attribute(at.unit, batch, row.unit)) return false;
  if (row.unit == kNoText && at.subject != EventPlan::kNone &&
      !attribute(at.subject, batch, row.unit)) {
    return false;
  }
  row.type = plan.type;
  row.time = instant(block_->values(at.time).values[next[at.time]]);
  if (at.recorded != EventPlan::kNone) {
    row.recorded = instant(block_->values(at.recorded).values[next[at.recorded]]);
  }
  row.line = line;
  row.first_value = static_cast<std::uint32_t>(batch.values.size());
  for (const FieldColumn& field : plan.fields) {
    RowValue found;
    found.field = field.field;
    if (!value(field.column, arena, batch, found)) return false;
    batch.values.push_back(found);
  }
  row.values = static_cast<std::uint16_t>(plan.fields.size());
  batch.rows.push_back(row);
  return true;
}

bool SegmentRows::value(std::uint32_t column, Arena& arena, RowBatch& batch, RowValue& out) {
  const SegmentValues& values = block_->values(column);
  const std::size_t at = block_->next()[column];
  switch (values.kind) {
    case HoleKind::integer:
      out.kind = RowValue::Kind::number;
      out.num = values.values[at];
      return true;
    case HoleKind::decimal: {
      const Number read = values.decimal(at);
      out.kind = RowValue::Kind::number;
      out.num = read.num();
      out.den = static_cast<std::uint32_t>(read.den());
      return true;
    }
    case HoleKind::boolean: out.num = values.values[at] != 0 ? 1 : 0; return true;
    case HoleKind::text:
      out.kind = RowValue::Kind::text;
      out.num = number(column, at, batch);
      return true;
    case HoleKind::time: {
      line_.clear();
      append_hole(line_, values.hole(at));
      char* const text = arena.padded(line_.size());
      std::memcpy(text, line_.data(), line_.size());
      out.kind = RowValue::Kind::text;
      out.num = maker_.number({text, line_.size()}, batch);
      return true;
    }
    case HoleKind::raw: return false;
  }
  return false;
}

Status SegmentRows::add_whole(std::size_t shape, std::uint64_t line, Arena& arena,
                              RowBatch& batch) {
  const Origin origin{file_index_, line, 0};
  std::optional<Event> event = block_->event(shape, decoder_, arena);
  if (event) {
    event->origin = origin;
    maker_.add(std::move(*event), batch);
  } else {
    if (!block_->put_together(shape, line_)) {
      return lines_.file().damaged(block_->heading().number);
    }
    maker_.add(decoder_.decode(line_, origin, arena), batch);
  }
  block_->pass(shape);
  return {};
}

}  // namespace lianqing
