#include "connectors/segment/segment_rows.h"

#include <algorithm>
#include <iterator>

namespace lianqing {

SegmentRows::SegmentRows(SegmentLines& lines, RowMaker& maker, std::uint32_t file_index)
    : lines_(lines), maker_(maker), file_index_(file_index), columns_(lines.file(), maker) {}

Result<bool> SegmentRows::next(std::size_t most, Arena& arena,
                               std::vector<std::shared_ptr<const void>>& held, RowBatch& batch) {
  while (block_ == nullptr || row_ == block_->rows()) {
    LQ_TRY(const bool more, enter_block(batch));
    if (!more) return false;
  }
  if (!all_rows_) held.push_back(block_);
  if (auto memory = ids_.memory()) held.push_back(std::move(memory));
  ids_.leave_arena();
  const std::size_t end = std::min(row_ + most, block_->rows());
  std::vector<std::size_t>& next = block_->next();
  while (row_ < end) {
    const std::size_t shape = block_->shape_of(row_);
    const std::uint64_t line = line_number_ + static_cast<std::uint64_t>(block_->line_gaps()[row_]);
    line_number_ = line + 1;
    ++row_;
    Plan& plan = plans_[shape];
    if (!plan.is_row) {
      if (Status s = add_whole(shape, line, arena, batch); !s) return Unexpected<Error>(s.error());
      return true;
    }
    if (!add_row(plan, line, arena, batch)) {
      return lines_.file().damaged(block_->heading().number);
    }
    for (const std::uint32_t column : plan.passing) ++next[column];
  }
  return true;
}

Result<bool> SegmentRows::enter_block(RowBatch& batch) {
  LQ_TRY(block_, lines_.next_block());
  if (block_ == nullptr) return false;
  row_ = 0;
  line_number_ = block_->heading().line;
  columns_.enter(block_->heading());
  id_column_ = EventPlan::kNone;
  plans_.assign(block_->shapes().size(), {});
  for (std::size_t row = 0; row < block_->rows(); ++row) {
    plans_[block_->shape_of(row)].is_used = true;
  }
  all_rows_ = true;
  for (std::size_t shape = 0; shape < plans_.size(); ++shape) {
    Plan& plan = plans_[shape];
    if (!plan.is_used) continue;
    plan.is_row = plan_row(block_->plan(shape, decoder_), plan, batch);
    if (Status s = want(plan, batch); !s) return Unexpected<Error>(s.error());
    all_rows_ = all_rows_ && plan.is_row;
  }
  if (!all_rows_) {
    if (Status s = want_whole(); !s) return Unexpected<Error>(s.error());
  }
  for (Plan& plan : plans_) {
    if (plan.is_row) bind(plan);
  }
  return true;
}

// Makes the columns of a plan's rows; where a text that is asked for is not what its hole says,
// they are given whole after all.
Status SegmentRows::want(Plan& plan, RowBatch& batch) {
  if (!plan.is_row) return {};
  const EventPlan::Attributes& at = plan.at;
  if (id_column_ != EventPlan::kNone && id_column_ != at.id) {
    return lines_.file().damaged(block_->heading().number);
  }
  if (id_column_ != at.id) {
    if (Status s = ids_.enter(lines_.file(), block_->heading(), at.id); !s) return s;
    id_column_ = at.id;
  }
  bool has_backslash = ids_.has_backslash();
  const auto make = [&](std::uint32_t column, ColumnUse use) -> Status {
    if (column == EventPlan::kNone) return {};
    if (Status s = columns_.want(column, use, batch); !s) return s;
    has_backslash = has_backslash || columns_[column].has_backslash;
    return {};
  };
  for (const std::uint32_t column : {at.source, at.unit, at.subject}) {
    if (Status s = make(column, ColumnUse::attribute); !s) return s;
  }
  for (const std::uint32_t column : {at.time, at.recorded}) {
    if (Status s = make(column, ColumnUse::time); !s) return s;
  }
  for (const FieldColumn& field : plan.fields) {
    if (Status s = make(field.column, ColumnUse::field); !s) return s;
  }
  if (plan.has_escapes && has_backslash) plan.is_row = false;
  return {};
}

// Where a line has to be put together, all its columns must be at its row.
Status SegmentRows::want_whole() {
  for (std::size_t shape = 0; shape < plans_.size(); ++shape) {
    Plan& plan = plans_[shape];
    if (!plan.is_used) continue;
    const std::vector<std::uint32_t>& columns = block_->shapes()[shape].columns;
    if (plan.is_row) {
      std::vector<std::uint32_t> taken = {plan.at.id,      plan.at.source, plan.at.unit,
                                          plan.at.subject, plan.at.time,   plan.at.recorded};
      for (const FieldColumn& field : plan.fields) taken.push_back(field.column);
      std::copy_if(columns.begin(), columns.end(), std::back_inserter(plan.passing),
                   [&](std::uint32_t column) {
                     return std::find(taken.begin(), taken.end(), column) == taken.end();
                   });
      continue;
    }
    for (const std::uint32_t column : columns) {
      if (Status s = block_->want(lines_.file(), column); !s) return s;
    }
  }
  return {};
}

// Once all columns are made: where their values lie.
void SegmentRows::bind(Plan& plan) {
  std::vector<std::size_t>& next = block_->next();
  const auto cursor = [&](std::uint32_t column) {
    if (column == EventPlan::kNone) return Cursor{};
    return Cursor{columns_[column].values.data(), &next[column]};
  };
  plan.source = cursor(plan.at.source);
  plan.unit = cursor(plan.at.unit);
  plan.subject = cursor(plan.at.subject);
  plan.time = cursor(plan.at.time);
  plan.recorded = cursor(plan.at.recorded);
  plan.next_id = &next[plan.at.id];
  for (FieldColumn& field : plan.fields) {
    const RowColumn& column = columns_[field.column];
    field.kind = column.kind;
    field.values = cursor(field.column);
    field.dens = column.dens.empty() ? nullptr : column.dens.data();
  }
}

// False: its rows are given whole.
bool SegmentRows::plan_row(const EventPlan& from, Plan& out, RowBatch& batch) {
  if (!from.is_direct()) return false;
  out.has_escapes = from.has_escapes();
  out.at = from.attributes();
  if (out.at.unit == EventPlan::kNone && out.at.subject == EventPlan::kNone) return false;
  out.type = maker_.number(from.type(), batch);
  if (maker_.is_whole(out.type)) return false;
  for (std::size_t f = 0; f < maker_.fields().size(); ++f) {
    const auto column = from.column_of(maker_.fields()[f]);
    if (!column) return false;
    if (*column == EventPlan::kNone) continue;
    if (block_->heading().columns[*column].kind == HoleKind::raw) return false;
    out.fields.emplace_back();
    out.fields.back().field = static_cast<std::uint16_t>(f);
    out.fields.back().column = *column;
  }
  return true;
}

// False: an attribute is none.
bool SegmentRows::add_row(Plan& plan, std::uint64_t line, Arena& arena, RowBatch& batch) {
  EventRow row;
  const std::int64_t source = plan.source.take();
  std::int64_t unit = plan.unit.next != nullptr ? plan.unit.take() : kNoText;
  const std::int64_t subject = plan.subject.next != nullptr ? plan.subject.take() : kNoText;
  if (unit == kNoText) unit = subject;
  if (source < 0 || source == kNoText || unit < 0) return false;
  if (!ids_.set((*plan.next_id)++, arena, row)) return false;
  row.source = static_cast<std::uint32_t>(source);
  row.unit = static_cast<std::uint32_t>(unit);
  row.type = plan.type;
  row.time = instant(plan.time.take());
  if (plan.recorded.next != nullptr) row.recorded = instant(plan.recorded.take());
  row.line = line;
  row.first_value = static_cast<std::uint32_t>(batch.values.size());
  row.values = static_cast<std::uint16_t>(plan.fields.size());
  for (FieldColumn& field : plan.fields) {
    const std::uint32_t den = field.dens == nullptr ? 1 : field.dens[*field.values.next];
    batch.values.push_back({field.field, field.kind, den, field.values.take()});
  }
  batch.rows.push_back(row);
  return true;
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
