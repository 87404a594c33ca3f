#include "engine/admit.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr std::size_t kChunk = 1U << 16;  // cells per chunk

// Room for `n` more cells that will not move.
Cell* room(std::deque<std::vector<Cell>>& chunks, std::size_t n) {
  if (chunks.empty() || chunks.back().capacity() - chunks.back().size() < n) {
    chunks.emplace_back().reserve(std::max(n, kChunk));
  }
  std::vector<Cell>& chunk = chunks.back();
  chunk.resize(chunk.size() + n);
  return chunk.data() + (chunk.size() - n);
}

const Scalar* find_field(const Event& event, std::string_view path) {
  for (const Field& field : event.data) {
    if (field.path == path) return &field.value;
  }
  return nullptr;
}

std::string_view type_name(FieldType type) {
  switch (type) {
    case FieldType::dynamic: return "any value";
    case FieldType::integer: return "an integer";
    case FieldType::decimal: return "a number";
    case FieldType::text: return "a string";
    case FieldType::boolean: return "true or false";
    case FieldType::code: return "one of the declared codes";
    case FieldType::date: return "a date YYYY-MM-DD";
    case FieldType::time: return "a time in RFC 3339";
    case FieldType::list: return "a list";
  }
  return "a value";
}

// What is wrong with the value of a declared field; empty if nothing is.
std::string fault(const FieldCheck& check, const Scalar& scalar) {
  const auto* number = std::get_if<Number>(&scalar.value);
  const auto* text = std::get_if<std::string_view>(&scalar.value);
  bool right = false;
  switch (check.type) {
    case FieldType::dynamic: right = true; break;
    case FieldType::integer: right = number != nullptr && number->is_integer(); break;
    case FieldType::decimal: right = number != nullptr; break;
    case FieldType::text: right = text != nullptr; break;
    case FieldType::boolean: right = std::holds_alternative<bool>(scalar.value); break;
    case FieldType::code:
      right =
          text != nullptr && (check.codes.empty() ||
                              std::binary_search(check.codes.begin(), check.codes.end(), *text));
      break;
    case FieldType::date: right = text != nullptr && parse_date(*text).has_value(); break;
    case FieldType::time: right = text != nullptr && parse_rfc3339(*text).has_value(); break;
    case FieldType::list: right = std::holds_alternative<ScalarList>(scalar.value); break;
  }
  if (!right) return "field '" + check.name + "': expected " + std::string(type_name(check.type));
  if (number != nullptr && check.min && *number < *check.min) {
    return "field '" + check.name + "': expected at least " + check.min->to_string();
  }
  if (number != nullptr && check.max && *number > *check.max) {
    return "field '" + check.name + "': expected at most " + check.max->to_string();
  }
  return {};
}

}  // namespace

Admission::Admission(const Program& program, Symbols& symbols, ClockMode mode, UnitOf unit_of,
                     Quarantine quarantine)
    : program_(program),
      symbols_(symbols),
      mode_(mode),
      unit_of_(std::move(unit_of)),
      quarantine_(std::move(quarantine)) {
  for (std::uint32_t i = 0; i < program.types.size(); ++i) types_.emplace(program.types[i].name, i);
  for (std::uint32_t i = 0; i < program.slots.size(); ++i) slots_.emplace(program.slots[i].path, i);
}

void Admission::reject(Rejection rejection) {
  ++counts_.read;
  ++counts_.quarantined;
  ++reasons_[rejection.code];
  quarantine_(std::move(rejection));
}

void Admission::refuse(const Event& event, std::string code, std::string detail) {
  Rejection out{std::move(code), std::move(detail), event.origin, 0, {}};
  out.raw = std::string(event.raw);
  reject(std::move(out));
}

std::optional<Rejection> Admission::check(const Event& event, const EventType& type) {
  for (const FieldCheck& field : type.fields) {
    const Scalar* value = find_field(event, field.name);
    const bool missing = value == nullptr || std::holds_alternative<std::monostate>(value->value);
    if (missing && field.required) {
      return Rejection{
          "field", "field '" + field.name + "' is required for " + type.name, event.origin, 0, {}};
    }
    if (missing) continue;
    if (std::string wrong = fault(field, *value); !wrong.empty()) {
      return Rejection{"field", std::move(wrong), event.origin, 0, {}};
    }
  }
  return std::nullopt;
}

Cell Admission::to_cell(const Scalar& scalar, FieldType type, std::vector<Cell>& elements) {
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
    return {CellTag::text, 1, symbols_.intern(*text)};
  }
  if (const auto* list = std::get_if<ScalarList>(&scalar.value)) {
    std::vector<Cell> inner;
    for (const Scalar& element : *list) {
      if (!std::holds_alternative<ScalarList>(element.value)) {
        inner.push_back(to_cell(element, FieldType::dynamic, elements));
      }
    }
    const Cell out{CellTag::list, static_cast<std::uint32_t>(inner.size()),
                   static_cast<std::int64_t>(elements.size())};
    elements.insert(elements.end(), inner.begin(), inner.end());
    return out;
  }
  return {};
}

Status Admission::admit(const Event& event, AdmittedBatch& batch) {
  Instant clock =
      mode_ == ClockMode::as_occurred ? event.time : event.recorded.value_or(event.time);
  if (const auto at = known_.find(event.identity); at != known_.end()) {
    if (at->second.content == event.content) {
      ++counts_.read;
      ++counts_.duplicate;
    } else {
      refuse(event, "conflict",
             "the same source and id as record " + std::to_string(at->second.seq) +
                 " with other content");
    }
    return {};
  }
  if (mode_ == ClockMode::as_recorded && clock < clock_) {
    if (!event.recorded) {
      return failure(ErrorCode::refused,
                     "record '" + std::string(event.id) + "' of " + format_rfc3339(event.time) +
                         " has no recordedtime and comes after one of " + format_rfc3339(clock_) +
                         ": the file is not in order of time; sort it, or give --sort");
    }
    clock = clock_;
  }
  if (event.unit.empty()) {
    refuse(event, "unit", "expected `unit` (or `subject`): the id of the unit concerned");
    return {};
  }
  if (event.time > event.recorded.value_or(event.time) + program_.max_future) {
    refuse(event, "future", "time lies further ahead of its recording than max_future allows");
    return {};
  }
  const auto type = types_.find(event.type);
  const EventType* declared = type != types_.end() && program_.types[type->second].declared
                                  ? &program_.types[type->second]
                                  : nullptr;
  if (declared != nullptr) {
    if (auto rejection = check(event, *declared)) {
      rejection->raw = std::string(event.raw);
      reject(std::move(*rejection));
      return {};
    }
  }
  ++counts_.read;
  ++counts_.admitted;
  if (declared == nullptr) ++counts_.undeclared;
  clock_ = std::max(clock_, clock);

  LogEntry entry;
  entry.seq = next_seq_++;
  entry.time = event.time;
  entry.clock = mode_ == ClockMode::as_occurred ? event.time : clock;
  entry.unit = unit_of_(event.unit);
  entry.type = type == types_.end() ? kNone : type->second;
  entry.id = event.id;
  entry.source = event.source;
  entry.type_name = event.type;
  Cell* cells = room(batch.cells, program_.slots.size());
  std::vector<Cell> elements;
  for (const Field& field : event.data) {
    const auto slot = slots_.find(field.path);
    if (slot == slots_.end()) continue;
    FieldType as = FieldType::dynamic;
    if (declared != nullptr) {
      const auto check = std::lower_bound(
          declared->fields.begin(), declared->fields.end(), field.path,
          [](const FieldCheck& c, std::string_view name) { return c.name < name; });
      if (check != declared->fields.end() && check->name == field.path) as = check->type;
    }
    cells[slot->second] = to_cell(field.value, as, elements);
  }
  entry.cells = cells;
  if (!elements.empty()) {
    Cell* pool = room(batch.elements, elements.size());
    std::copy(elements.begin(), elements.end(), pool);
    entry.elements = pool;
  }
  batch.entries.push_back(entry);
  const Known known{event.content, entry.seq};
  known_.emplace(event.identity, known);
  if (tracking_) new_identities_.emplace_back(event.identity, known);
  return {};
}

std::vector<std::pair<ContentHash, Known>> Admission::take_new_identities() {
  return std::exchange(new_identities_, {});
}

void Admission::resume(Counts counts, Instant clock, Seq next_seq,
                       std::map<std::string, std::uint64_t> reasons) {
  counts_ = counts;
  clock_ = clock;
  next_seq_ = next_seq;
  reasons_ = std::move(reasons);
}

}  // namespace lianqing
