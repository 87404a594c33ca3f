#include "engine/admit.h"

#include <algorithm>

#include "engine/cells.h"
#include "engine/whole_rows.h"

namespace lianqing {
namespace {

constexpr std::size_t kChunk = 1U << 16;  // things per chunk

// Room for `n` more that will not move.
template <class T>
T* room(std::deque<std::vector<T>>& chunks, std::size_t n) {
  if (chunks.empty() || chunks.back().capacity() - chunks.back().size() < n) {
    chunks.emplace_back().reserve(std::max(n, kChunk));
  }
  std::vector<T>& chunk = chunks.back();
  chunk.resize(chunk.size() + n);
  return chunk.data() + (chunk.size() - n);
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

bool Admission::complies(const FieldCheck& check, const Scalar& value) {
  return lianqing::fault(check, value).empty();
}

Admission::Admission(const Program& program, Symbols& symbols, ClockMode mode, UnitOf unit_of,
                     IdentityOf identity_of, Quarantine quarantine)
    : program_(program),
      symbols_(symbols),
      mode_(mode),
      unit_of_(std::move(unit_of)),
      identity_of_(std::move(identity_of)),
      quarantine_(std::move(quarantine)),
      layouts_(program.types.size() + 1),
      decisions_(program, symbols) {
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

std::uint32_t Admission::type_of(std::string_view name) const {
  const auto type = types_.find(name);
  return type == types_.end() ? kNone : type->second;
}

const EventType* Admission::declared_type(std::uint32_t type) const {
  return type == kNone || !program_.types[type].declared ? nullptr : &program_.types[type];
}

Admission::Placed Admission::place(std::string_view path, const EventType* declared) const {
  Placed out;
  out.path = path;
  const auto slot = slots_.find(path);
  if (slot == slots_.end()) return out;
  out.slot = slot->second;
  if (declared == nullptr) return out;
  const auto check =
      std::lower_bound(declared->fields.begin(), declared->fields.end(), path,
                       [](const FieldCheck& c, std::string_view name) { return c.name < name; });
  if (check != declared->fields.end() && check->name == path) out.as = check->type;
  return out;
}

std::optional<Rejection> Admission::fault(const Event& event) const {
  std::uint32_t unit = kNone;
  return known(event.identity, event.source, event.id) ? std::nullopt
                                                       : check(event, type_of(event.type), unit);
}

std::optional<Rejection> Admission::check(const Event& event, std::uint32_t type,
                                          std::uint32_t& unit) const {
  const auto because = [&event](const char* code, std::string detail) {
    return Rejection{code, std::move(detail), event.origin, 0, {}};
  };
  const RecordKind kind = DecisionReader::kind_of(event.type);
  if (kind != RecordKind::event) {
    if (auto rejection = check_targets(event, unit)) return rejection;
  }
  if (event.type == "calendar_updated") {
    CalendarUpdate unused;
    if (std::string wrong = read_calendar_update(event, unused); !wrong.empty()) {
      return because("field", std::move(wrong));
    }
  } else if (event.unit.empty() && unit == kNone && !DecisionReader::concerns_no_unit(event.type)) {
    return because("unit", kind == RecordKind::event
                               ? "expected `unit` (or `subject`): the id of the unit concerned"
                               : "expected `unit`, as the record it is about is not known yet");
  }
  if (event.time > std::max(clock_, event.recorded.value_or(event.time)) + program_.max_future) {
    return because("future", "time lies further ahead of its recording than max_future allows");
  }
  const EventType* declared = declared_type(type);
  return declared == nullptr ? std::nullopt : check_fields(event, *declared);
}

std::optional<Rejection> Admission::check_fields(const Event& event, const EventType& type) const {
  for (const FieldCheck& field : type.fields) {
    const Scalar* value = find_field(event, field.name);
    const bool missing = value == nullptr || std::holds_alternative<std::monostate>(value->value);
    if (missing && field.required) {
      return Rejection{
          "field", "field '" + field.name + "' is required for " + type.name, event.origin, 0, {}};
    }
    if (missing) continue;
    if (std::string wrong = lianqing::fault(field, *value); !wrong.empty()) {
      return Rejection{"field", std::move(wrong), event.origin, 0, {}};
    }
  }
  return std::nullopt;
}

std::optional<Known> Admission::known(const ContentHash& identity, std::string_view source,
                                      std::string_view id) const {
  if (rows_ == nullptr) {
    const auto at = known_.find(identity);
    return at == known_.end() ? std::nullopt : std::optional(at->second);
  }
  const std::uint32_t i = rows_->find(source, id, symbols_).row;
  if (i == kNone) return std::nullopt;
  const WholeRows::Facts facts = rows_->facts(i);
  return Known{rows_->is_placed(i) ? ContentHash{} : rows_->content(i), facts.seq, facts.unit,
               facts.type, facts.kind};
}

std::optional<Rejection> Admission::check_targets(const Event& event, std::uint32_t& unit) const {
  const auto reject_as = [&](std::string code, std::string detail) {
    return Rejection{std::move(code), std::move(detail), event.origin, 0, {}};
  };
  if (std::string wrong = decisions_.fault(event); !wrong.empty()) {
    return reject_as("field", std::move(wrong));
  }
  if (!event.unit.empty()) unit = unit_of_(event.unit);
  for (const auto& [source, id] : DecisionReader::exact_targets(event)) {
    const std::optional<Known> target = find(source, id);
    if (!target) continue;  // it takes effect when the target comes
    if (unit == kNone) unit = target->unit;
    if (unit != target->unit) {
      return reject_as("target", "the record it is about, '" + std::string(id) +
                                     "', concerns another unit: leave `unit` out or give that one");
    }
    if (target->kind == RecordKind::final_decision) {
      return reject_as("target", "a retraction stands: send the event '" + std::string(id) +
                                     "' took back again, under a new id");
    }
    if (event.type == "event_corrected" && target->kind == RecordKind::decision) {
      return reject_as("target", "a decision is not corrected: retract '" + std::string(id) +
                                     "' and decide again");
    }
    if (event.type == "event_corrected" && target->type != kNone &&
        program_.types[target->type].declared) {
      if (auto wrong = check_changes(event, program_.types[target->type])) return wrong;
    }
  }
  return std::nullopt;
}

std::optional<Rejection> Admission::check_changes(const Event& event,
                                                  const EventType& target) const {
  for (const FieldCheck& field : target.fields) {
    const Scalar* value = find_field(event, "changes." + field.name);
    if (value == nullptr) continue;
    if (std::holds_alternative<std::monostate>(value->value)) {
      if (!field.required) continue;
      return Rejection{"field",
                       "changes: field '" + field.name + "' is required for " + target.name,
                       event.origin,
                       0,
                       {}};
    }
    if (std::string wrong = lianqing::fault(field, *value); !wrong.empty()) {
      return Rejection{"field", "changes: " + wrong, event.origin, 0, {}};
    }
  }
  return std::nullopt;
}

Status Admission::admit(const Event& event, AdmittedBatch& batch) {
  if (const auto before = known(event.identity, event.source, event.id)) {
    if (before->content == event.content) {
      ++counts_.read;
      ++counts_.duplicate;
    } else {
      refuse(event, "conflict",
             "the same source and id as record " + std::to_string(before->seq) +
                 " with other content");
    }
    return {};
  }
  if (mode_ == ClockMode::as_recorded && !event.recorded && event.time < clock_) {
    return failure(ErrorCode::refused,
                   "record '" + std::string(event.id) + "' of " + format_rfc3339(event.time) +
                       " has no recordedtime and comes after one of " + format_rfc3339(clock_) +
                       ": the file is not in order of time; sort it, or give --sort");
  }
  const std::uint32_t type = type_of(event.type);
  std::uint32_t unit = kNone;
  if (auto rejection = check(event, type, unit)) {
    rejection->raw = std::string(event.raw);
    reject(std::move(*rejection));
    return {};
  }
  const RecordKind kind = DecisionReader::kind_of(event.type);
  const EventType* declared = declared_type(type);
  ++counts_.read;
  ++counts_.admitted;
  if (declared == nullptr) ++counts_.undeclared;
  clock_ = std::max(clock_, event.recorded.value_or(event.time));  // as recorded, in both modes

  LogEntry entry;
  if (event.seq) next_seq_ = *event.seq;
  entry.seq = next_seq_++;
  entry.time = event.time;
  entry.clock = mode_ == ClockMode::as_occurred ? event.time : clock_;
  if (event.type == "calendar_updated" ||
      (DecisionReader::concerns_no_unit(event.type) && event.unit.empty())) {
    admit_unitless(event, entry, batch);
    return {};
  }
  entry.unit = unit != kNone ? unit : unit_of_(event.unit);
  entry.type = type;
  entry.kind = kind;
  entry.id = event.id;
  entry.source = symbols_.intern(event.source);
  if (entry.type == kNone) entry.type_name = symbols_.intern(event.type);
  entry.complaint = decisions_.complaint(event);
  entry.time = decisions_.effective(event);
  for (const std::string_view other : DecisionReader::other_units(event)) {
    unit_of_(other);
    batch.units_meet = true;
  }
  if (kind != RecordKind::event || event.type == "complaint_verdict") {
    entry.decisions = batch.decisions.emplace_back(decisions_.read(event, entry));
  }
  const std::size_t slots = program_.slots.size();
  cells_.assign(slots, Cell{});
  std::vector<Cell> elements;
  std::vector<Placed>& layout = layouts_[type == kNone ? program_.types.size() : type];
  if (layout.size() < event.data.size()) layout.resize(event.data.size());
  for (std::size_t i = 0; i < event.data.size(); ++i) {
    const Field& field = event.data[i];
    if (layout[i].path != field.path) layout[i] = place(field.path, declared);
    if (layout[i].slot == kNone) continue;
    cells_[layout[i].slot] = to_cell(field.value, layout[i].as, symbols_, elements);
  }
  entry.cells = cells_.data();
  if (rows_ != nullptr && kind == RecordKind::event && entry.decisions.empty() &&
      elements.empty()) {
    batch.newest = entry;
    add_row(entry, event);
    return {};
  }
  Cell* const cells = room(batch.cells, slots);
  std::copy(cells_.begin(), cells_.end(), cells);
  entry.cells = cells;
  if (mode_ == ClockMode::as_occurred) {
    char* const id = room(batch.ids, event.id.size());
    std::copy(event.id.begin(), event.id.end(), id);
    entry.id = {id, event.id.size()};
  }
  if (!elements.empty()) {
    Cell* pool = room(batch.elements, elements.size());
    std::copy(elements.begin(), elements.end(), pool);
    entry.elements = pool;
  }
  batch.entries.push_back(entry);
  batch.newest = entry;
  know(event, entry, batch);
  return {};
}

// Its identity is not known yet.
void Admission::know(const Event& event, const LogEntry& entry, AdmittedBatch& batch) {
  if (rows_ != nullptr) {
    if (entry.unit == kNone) {
      add_row(entry, event);
    } else {
      rows_->add_entry(entry, event.source, static_cast<std::uint32_t>(batch.entries.size() - 1),
                       rows_->find(event.source, event.id, symbols_), event.content);
    }
    return;
  }
  const Known known{event.content, entry.seq, entry.unit, entry.type, entry.kind};
  known_.emplace(event.identity, known);
  if (tracking_) new_identities_.emplace_back(event.identity, known);
}

void Admission::add_row(const LogEntry& entry, const Event& event) {
  auto& cells = rows_->cells();
  cells.clear();
  for (std::uint32_t slot = 0; entry.unit != kNone && slot < program_.slots.size(); ++slot) {
    if (entry.cells[slot].tag != CellTag::null) cells.push_back({slot, entry.cells[slot]});
  }
  rows_->add(entry, event.source, rows_->find(event.source, event.id, symbols_), event.content,
             event.origin);
}

// A record that concerns no unit has its place in the log and nothing else here; a calendar's days
// are handed on.
void Admission::admit_unitless(const Event& event, LogEntry entry, AdmittedBatch& batch) {
  if (event.type == "calendar_updated") {
    CalendarUpdate calendar;
    (void)read_calendar_update(event, calendar);
    calendar.seq = entry.seq;
    calendar.time = entry.time;
    calendar.clock = entry.clock;
    batch.calendars.push_back(std::move(calendar));
  }
  batch.unitless.emplace_back(entry.clock, entry.seq);
  batch.newest = entry;
  entry.kind = RecordKind::final_decision;
  entry.id = event.id;
  if (rows_ != nullptr) entry.source = symbols_.intern(event.source);
  know(event, entry, batch);
}

void Admission::resume(Counts counts, Instant clock, Seq next_seq,
                       std::map<std::string, std::uint64_t> reasons) {
  counts_ = counts;
  clock_ = clock;
  next_seq_ = next_seq;
  reasons_ = std::move(reasons);
}

}  // namespace lianqing
