#include "engine/admit_rows.h"

#include <algorithm>

#include "engine/cells.h"

namespace lianqing {
namespace {

constexpr std::size_t kAhead = 8;  // rows, half of those for which memory is asked in time

Unexpected<Error> changed() {
  return failure(ErrorCode::io,
                 "an event file was changed while it was read: a record is not where it was");
}

// As the general way sees the value of a field.
Scalar scalar_of(const RowValue& value, const std::vector<std::string_view>& texts) {
  switch (value.kind) {
    case RowValue::Kind::boolean: return {value.num != 0};
    case RowValue::Kind::number: return {Number::ratio(value.num, value.den)};
    case RowValue::Kind::text: return {texts[static_cast<std::size_t>(value.num)]};
  }
  return {};
}

}  // namespace

RowAdmission::RowAdmission(Admission& general, WholeRows& rows) : general_(general), rows_(rows) {
  general.gather(rows);
  std::vector<std::string>& fields = query_.fields;
  for (const FieldSlot& slot : general.program_.slots) fields.push_back(slot.path);
  for (const EventType& type : general.program_.types) {
    for (const FieldCheck& check : type.fields) fields.push_back(check.name);
  }
  fields.emplace_back(DecisionReader::kComplaintId);
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  query_.whole_types = DecisionReader::types();
}

Status RowAdmission::read_again(const Identities::Place& place, std::string_view source,
                                std::string_view id, const WholeRecord& whole) {
  if (place.row == kNone || !rows_.is_placed(place.row)) return {};
  const auto* event = std::get_if<Event>(&whole({rows_.origin(place.row), {}, true}));
  if (event == nullptr || event->identity != general_.identity_of_(source, id)) {
    return changed();
  }
  rows_.tell_content(place.row, event->content);
  return {};
}

Status RowAdmission::admit(const std::variant<Event, Rejection>& record, AdmittedBatch& batch) {
  if (const auto* event = std::get_if<Event>(&record)) return general_.admit(*event, batch);
  general_.reject(std::get<Rejection>(record));
  return {};
}

Status RowAdmission::admit(const RowRun& run, const WholeRecord& whole, AdmittedBatch& batch) {
  const RowBatch& from = *run.batch;
  Texts& texts = texts_of(run);
  for (std::size_t i = run.begin; i < run.end; ++i) {
    // What rows behind it will touch: first where a unit's rows end, then what lies there.
    if (i + 2 * kAhead < run.end) {
      const EventRow& far = from.rows[i + 2 * kAhead];
      if (far.whole == kNoText) {
        __builtin_prefetch(rows_.slot(texts.texts[far.source], far.id()));
      }
      __builtin_prefetch(rows_.unit(unit_of(far, texts)));
      __builtin_prefetch(rows_.end(unit_of(from.rows[i + kAhead], texts)), 1);
    }
    const EventRow& row = from.rows[i];
    if (row.whole != kNoText) {
      const auto& record = from.whole[row.whole];
      if (const auto* event = std::get_if<Event>(&record)) {
        const auto place = rows_.find(event->source, event->id, general_.symbols_);
        if (Status s = read_again(place, event->source, event->id, whole); !s) return s;
      }
      if (Status s = admit(record, batch); !s) return s;
      continue;
    }
    std::uint32_t& type = texts.types[row.type];
    if (type == kNone) {
      type = static_cast<std::uint32_t>(types_.size());
      types_.push_back(type_of(texts.texts[row.type]));
    }
    const std::string_view source = texts.texts[row.source];
    const Identities::Place place = rows_.find(source, row.id(), general_.symbols_);
    if (place.row == kNone && fits(row, from, types_[type], texts)) {
      add(run, i, types_[type], texts, place);
      continue;
    }
    if (Status s = read_again(place, source, row.id(), whole); !s) return s;
    const std::string_view raw = from.rest.empty() ? std::string_view{} : from.rest[i].raw;
    const auto& record = whole({{run.source, row.line, row.byte}, raw, false});
    const auto* event = std::get_if<Event>(&record);
    if (event != nullptr ? event->id != row.id() || event->source != source : raw.empty()) {
      return changed();
    }
    if (Status s = admit(record, batch); !s) return s;
  }
  return {};
}

std::uint32_t RowAdmission::unit_of(const EventRow& row, const Texts& texts) {
  return row.whole != kNoText || row.unit == kNoText ? kNone : texts.units[row.unit];
}

RowAdmission::Texts& RowAdmission::texts_of(const RowRun& run) {
  if (texts_.size() <= run.source) texts_.resize(run.source + 1);
  Texts& out = texts_[run.source];
  const RowBatch& batch = *run.batch;
  if (out.dictionary != batch.dictionary) {
    out = Texts{};
    out.dictionary = batch.dictionary;
  }
  if (out.texts.size() == batch.first_text) {  // else they came with an earlier run of the batch
    out.texts.insert(out.texts.end(), batch.texts.begin(), batch.texts.end());
    for (auto* numbers : {&out.units, &out.symbols, &out.types}) {
      numbers->resize(out.texts.size(), kNone);
    }
  }
  return out;
}

RowAdmission::Type RowAdmission::type_of(std::string_view name) const {
  Type out;
  out.type = general_.type_of(name);
  const EventType* const declared = general_.declared_type(out.type);
  out.declared = declared != nullptr;
  if (out.type == kNone) out.name = general_.symbols_.intern(name);
  for (std::uint32_t f = 0; f < query_.fields.size(); ++f) {
    const std::string& path = query_.fields[f];
    out.fields.push_back(general_.place(path, declared));
    if (path == DecisionReader::kComplaintId && DecisionReader::opens_complaint(name)) {
      out.complaint = f;
    }
    if (declared == nullptr) continue;
    for (const FieldCheck& check : declared->fields) {
      if (check.name == path) out.checked.emplace_back(f, &check);
    }
  }
  return out;
}

// Whether the general way would admit it; the same checks as there (check, check_fields).
bool RowAdmission::fits(const EventRow& row, const RowBatch& batch, const Type& type,
                        const Texts& texts) const {
  if (row.unit == kNoText) return false;
  const Instant recorded = row.recorded == kBeforeAll ? row.time : row.recorded;
  if (row.time > std::max(general_.clock_, recorded) + general_.program_.max_future) return false;
  const RowValue* const begin = batch.values.data() + row.first_value;
  const RowValue* const end = begin + row.values;
  for (const auto& [field, check] : type.checked) {
    const RowValue* const value =
        std::find_if(begin, end, [f = field](const RowValue& v) { return v.field == f; });
    const bool right = value == end ? !check->required
                                    : Admission::complies(*check, scalar_of(*value, texts.texts));
    if (!right) return false;
  }
  return true;
}

void RowAdmission::add(const RowRun& run, std::size_t at, const Type& type, Texts& texts,
                       const Identities::Place& place) {
  const RowBatch& batch = *run.batch;
  const EventRow& row = batch.rows[at];
  Counts& counts = general_.counts_;
  ++counts.read;
  ++counts.admitted;
  if (!type.declared) ++counts.undeclared;
  general_.clock_ = std::max(general_.clock_, row.recorded == kBeforeAll ? row.time : row.recorded);
  std::uint32_t& unit = texts.units[row.unit];
  if (unit == kNone) unit = general_.unit_of_(texts.texts[row.unit]);
  LogEntry entry;
  entry.seq = general_.next_seq_++;
  entry.time = entry.clock = row.time;
  entry.unit = unit;
  entry.type = type.type;
  entry.type_name = type.name;
  entry.source = symbol_of(row.source, texts);
  entry.id = row.id();
  const RowValue* const begin = batch.values.data() + row.first_value;
  const RowValue* const end = begin + row.values;
  for (const RowValue* value = begin; value != end && type.complaint != kNone; ++value) {
    if (value->field != type.complaint || value->kind != RowValue::Kind::text) continue;
    const auto text = static_cast<std::uint32_t>(value->num);
    if (!texts.texts[text].empty()) entry.complaint = symbol_of(text, texts);
  }
  auto& cells = rows_.cells();
  cells.clear();
  for (const RowValue* value = begin; value != end; ++value) {
    const Admission::Placed& field = type.fields[value->field];
    if (field.slot != kNone) cells.push_back({field.slot, cell_of(*value, field.as, texts)});
  }
  rows_.add(entry, texts.texts[row.source], place,
            batch.rest.empty() ? ContentHash{} : batch.rest[at].content,
            {run.source, row.line, row.byte});
}

Cell RowAdmission::cell_of(const RowValue& value, FieldType as, Texts& texts) {
  if (value.kind == RowValue::Kind::number) return {CellTag::number, value.den, value.num};
  if (value.kind == RowValue::Kind::boolean) return {CellTag::boolean, 1, value.num};
  if (as == FieldType::date || as == FieldType::time) {
    std::vector<Cell> unused;
    return to_cell(scalar_of(value, texts.texts), as, general_.symbols_, unused);
  }
  return {CellTag::text, 1, symbol_of(static_cast<std::uint32_t>(value.num), texts)};
}

Symbol RowAdmission::symbol_of(std::uint32_t text, Texts& texts) {
  Symbol& out = texts.symbols[text];
  if (out == kNone) out = general_.symbols_.intern(texts.texts[text]);
  return out;
}

}  // namespace lianqing
