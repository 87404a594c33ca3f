#include "connectors/row_maker.h"

#include <algorithm>

namespace lianqing {

void RowMaker::begin(RowBatch& batch) {
  batch.first_text = static_cast<std::uint32_t>(texts_.texts().size());
}

void RowMaker::add(Record record, RowBatch& batch) {
  const auto* event = std::get_if<Event>(&record);
  if (event != nullptr && add_row(*event, batch)) return;
  EventRow row;
  row.whole = static_cast<std::uint32_t>(batch.whole.size());
  batch.rows.push_back(row);
  if (rest_) batch.rest.emplace_back();
  batch.whole.push_back(std::move(record));
}

bool RowMaker::add_row(const Event& event, RowBatch& batch) {
  EventRow row;
  row.type = number(event.type, batch);
  if (is_whole(row.type)) return false;
  row.first_value = static_cast<std::uint32_t>(batch.values.size());
  auto asked = query_.fields.begin();
  for (const Field& field : event.data) {  // both are sorted
    while (asked != query_.fields.end() && *asked < field.path) ++asked;
    if (asked == query_.fields.end()) break;
    if (*asked != field.path) continue;
    RowValue value;
    value.field = static_cast<std::uint16_t>(asked - query_.fields.begin());
    if (const auto* number_value = std::get_if<Number>(&field.value.value)) {
      value.kind = RowValue::Kind::number;
      value.num = number_value->num();
      value.den = static_cast<std::uint32_t>(number_value->den());
    } else if (const auto* text = std::get_if<std::string_view>(&field.value.value)) {
      value.kind = RowValue::Kind::text;
      value.num = number(*text, batch);
    } else if (const auto* truth = std::get_if<bool>(&field.value.value)) {
      value.num = *truth ? 1 : 0;
    } else if (std::holds_alternative<ScalarList>(field.value.value)) {
      batch.values.resize(row.first_value);
      return false;
    } else {
      continue;
    }
    batch.values.push_back(value);
  }
  row.values = static_cast<std::uint16_t>(batch.values.size() - row.first_value);
  row.time = event.time;
  if (event.recorded) row.recorded = *event.recorded;
  if (!event.unit.empty()) row.unit = number(event.unit, batch);
  row.source = number(event.source, batch);
  row.set_id(event.id);
  row.line = event.origin.line;
  row.byte = event.origin.byte;
  batch.rows.push_back(row);
  if (rest_) batch.rest.push_back({event.raw, event.content});
  return true;
}

std::optional<std::uint16_t> RowMaker::field(std::string_view path) const {
  const auto at = std::lower_bound(query_.fields.begin(), query_.fields.end(), path);
  if (at == query_.fields.end() || *at != path) return std::nullopt;
  return static_cast<std::uint16_t>(at - query_.fields.begin());
}

bool RowMaker::is_whole(std::uint32_t type) {
  if (whole_.size() <= type) whole_.resize(type + 1, -1);
  signed char& out = whole_[type];
  if (out < 0) {
    const auto& kept = query_.whole_types;
    out = std::binary_search(kept.begin(), kept.end(), texts_.texts()[type]) ? 1 : 0;
  }
  return out != 0;
}

}  // namespace lianqing
