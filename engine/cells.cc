#include "engine/cells.h"

namespace lianqing {

Cell to_cell(const Scalar& scalar, FieldType type, Symbols& symbols, std::vector<Cell>& elements) {
  if (const auto* boolean = std::get_if<bool>(&scalar.value))
    return {CellTag::boolean, 1, *boolean ? 1 : 0};
  if (const auto* number = std::get_if<Number>(&scalar.value)) {
    return {CellTag::number, static_cast<std::uint32_t>(number->den()), number->num()};
  }
  if (const auto* text = std::get_if<std::string_view>(&scalar.value)) {
    if (type == FieldType::date) {
      return {CellTag::date, 1, parse_date(*text)->time_since_epoch().count()};
    }
    if (type == FieldType::time) return {CellTag::time, 1, micros(*parse_rfc3339(*text))};
    return {CellTag::text, 1, symbols.intern(*text)};
  }
  if (const auto* list = std::get_if<ScalarList>(&scalar.value)) {
    std::vector<Cell> inner;
    for (const Scalar& element : *list) {
      if (!std::holds_alternative<ScalarList>(element.value)) {
        inner.push_back(to_cell(element, FieldType::dynamic, symbols, elements));
      }
    }
    const Cell out{CellTag::list, static_cast<std::uint32_t>(inner.size()),
                   static_cast<std::int64_t>(elements.size())};
    elements.insert(elements.end(), inner.begin(), inner.end());
    return out;
  }
  return {};
}

const Scalar* find_field(const Event& event, std::string_view path) {
  for (const Field& field : event.data) {
    if (field.path == path) return &field.value;
  }
  return nullptr;
}

}  // namespace lianqing
