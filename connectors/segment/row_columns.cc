#include "connectors/segment/row_columns.h"

#include <algorithm>
#include <bit>

#include "connectors/arena.h"
#include "connectors/decode.h"

namespace lianqing {
namespace {

constexpr std::uint32_t kNotYet = 0xfffffffeU;  // no number of a text

}  // namespace

void RowColumns::enter(const SegmentBlock& block) {
  block_ = &block;
  made_.assign(block.columns.size(), std::nullopt);
  columns_.resize(std::max(columns_.size(), block.columns.size()));
}

Status RowColumns::want(std::uint32_t column, ColumnUse use, RowBatch& batch) {
  if (made_[column] == use) return {};
  if (made_[column]) return file_.damaged(block_->number);
  made_[column] = use;
  const SegmentColumn& from = block_->columns[column];
  RowColumn& out = columns_[column];
  out.dens.clear();
  out.has_backslash = false;
  out.kind = RowValue::Kind::number;
  switch (from.kind) {
    case HoleKind::raw: return file_.damaged(block_->number);
    case HoleKind::text:
      out.kind = RowValue::Kind::text;
      return texts(from.parts, from.forms, use, batch, out);
    case HoleKind::integer: return file_.numbers(*block_, from.parts[0], out.values);
    case HoleKind::decimal: return decimals(from, out);
    case HoleKind::boolean: {
      out.kind = RowValue::Kind::boolean;
      if (Status s = file_.numbers(*block_, from.parts[0], out.values); !s) return s;
      for (std::int64_t& value : out.values) value = value != 0 ? 1 : 0;
      return {};
    }
    case HoleKind::time:
      out.kind = RowValue::Kind::text;
      return use == ColumnUse::time ? time(from, out) : time_texts(from, batch, out);
  }
  return file_.damaged(block_->number);
}

std::int64_t RowColumns::number(std::string_view text, ColumnUse use, RowBatch& batch) {
  if (use == ColumnUse::attribute) {
    if (text.empty()) return kNoText;
    if (text.size() > kMaxAttributeBytes) return RowColumn::kTooLong;
  }
  return maker_.number(text, batch);
}

Status RowColumns::texts(std::span<const SegmentPart> parts, std::span<const TextForm> forms,
                         ColumnUse use, RowBatch& batch, RowColumn& out) {
  switch (forms.front()) {
    case TextForm::plain: {
      SegmentTexts from;
      if (Status s = file_.texts(*block_, parts, forms, from); !s) return s;
      out.has_backslash = from.has_backslash();
      out.values.clear();
      for (const std::string_view text : from.texts) out.values.push_back(number(text, use, batch));
      return {};
    }
    case TextForm::dictionary: {
      RowColumn distinct;
      if (Status s = texts(parts.subspan(1), forms.subspan(1), use, batch, distinct); !s) return s;
      out.has_backslash = distinct.has_backslash;
      if (Status s = file_.numbers(*block_, parts[0], out.values); !s) return s;
      for (std::int64_t& value : out.values) {
        const auto place = static_cast<std::uint64_t>(value);
        if (place >= distinct.values.size()) return file_.damaged(block_->number);
        value = distinct.values[place];
      }
      return {};
    }
    case TextForm::numbered: return numbered(parts, forms, use, batch, out);
  }
  return file_.damaged(block_->number);
}

Status RowColumns::numbered(std::span<const SegmentPart> parts, std::span<const TextForm> forms,
                            ColumnUse use, RowBatch& batch, RowColumn& out) {
  if (Status s = file_.numbered(*block_, parts, forms, numbered_); !s) return s;
  out.has_backslash = numbered_.has_backslash();
  places_.assign(numbered_.stems.size() * NumberedTexts::kMostDigits, nullptr);
  const std::size_t count = numbered_.size();
  out.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto place = static_cast<std::size_t>(numbered_.stem[i] * NumberedTexts::kMostDigits +
                                                numbered_.digits[i] - 1);
    if (places_[place] == nullptr) places_[place] = &known(i);
    Known& known = *places_[place];
    if (use == ColumnUse::attribute && !known.is_attribute) {
      out.values[i] = RowColumn::kTooLong;
      continue;
    }
    const auto value = static_cast<std::size_t>(numbered_.numbers[i]);
    const std::uint32_t told = value < known.numbers.size() ? known.numbers[value] : kNotYet;
    out.values[i] = told != kNotYet ? told : new_number(known, i, batch);
  }
  return {};
}

RowColumns::Known& RowColumns::known(std::size_t i) {
  const NumberedTexts::Stem& stem = numbered_.stems[static_cast<std::size_t>(numbered_.stem[i])];
  Known& out = known_[{stem.before + '\0' + stem.behind, numbered_.digits[i]}];
  out.is_attribute = numbered_.size_of(i) <= kMaxAttributeBytes;
  return out;
}

std::uint32_t RowColumns::new_number(Known& known, std::size_t i, RowBatch& batch) {
  const std::size_t size = numbered_.size_of(i);
  text_.resize(size + Arena::kPadding);
  numbered_.write(i, text_.data());
  const std::uint32_t out = maker_.number(std::string_view(text_).substr(0, size), batch);
  const auto value = static_cast<std::uint64_t>(numbered_.numbers[i]);
  const std::size_t before = known.numbers.size();
  if (value >= before) {
    const std::size_t wanted = value < kMostKnown ? std::bit_ceil(value + 1) : kMostKnown + 1;
    if (known_numbers_ + (wanted - before) > kMostKnown) return out;
    known.numbers.resize(wanted, kNotYet);
    known_numbers_ += wanted - before;
  }
  known.numbers[value] = out;
  return out;
}

Status RowColumns::time(const SegmentColumn& column, RowColumn& out) {
  if (column.parts[1].count != column.parts[0].count) return file_.damaged(block_->number);
  if (Status s = file_.numbers(*block_, column.parts[0], out.values); !s) return s;
  const bool is_right = std::all_of(out.values.begin(), out.values.end(), [](std::int64_t v) {
    return v >= kFirstTimeHole && v <= kLastTimeHole;
  });
  return is_right ? Status{} : file_.damaged(block_->number);
}

Status RowColumns::decimals(const SegmentColumn& column, RowColumn& out) {
  LQ_TRY(const SegmentValues from, file_.values(*block_, column));
  out.values.clear();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Number value = from.decimal(i);
    out.values.push_back(value.num());
    out.dens.push_back(static_cast<std::uint32_t>(value.den()));
  }
  return {};
}

Status RowColumns::time_texts(const SegmentColumn& column, RowBatch& batch, RowColumn& out) {
  LQ_TRY(const SegmentValues from, file_.values(*block_, column));
  out.values.clear();
  for (std::size_t i = 0; i < from.size(); ++i) {
    text_.clear();
    append_hole(text_, from.hole(i));
    const std::size_t size = text_.size();
    text_.resize(size + Arena::kPadding);
    out.values.push_back(maker_.number(std::string_view(text_).substr(0, size), batch));
  }
  return {};
}

}  // namespace lianqing
