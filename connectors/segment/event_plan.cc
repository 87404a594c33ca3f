#include "connectors/segment/event_plan.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace lianqing {
namespace {

// Of an id or a source, as the decoder takes it.
bool is_attribute(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAttributeBytes;
}

// A text with Arena::kPadding bytes behind it.
std::string_view padded(std::string_view text, Arena& arena) {
  char* const out = arena.padded(text.size());
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return {out, text.size()};
}

// A line of the shape.
std::string filled(const SegmentShape& shape, std::span<const SegmentColumn> columns) {
  std::string out;
  std::size_t hole = 0;
  for (std::size_t at = 0; at < shape.skeleton.size(); ++at) {
    if (shape.skeleton[at] != '\0') {
      out += shape.skeleton[at];
      continue;
    }
    ++at;  // the digit of its kind
    switch (columns[shape.columns[hole++]].kind) {
      case HoleKind::raw:
      case HoleKind::integer: out += '0'; break;
      case HoleKind::text: out += 'x'; break;
      case HoleKind::decimal: out += "0.5"; break;
      case HoleKind::boolean: out += "true"; break;
      case HoleKind::time: out += "2000-01-01T00:00:00Z"; break;
    }
  }
  return out;
}

}  // namespace

EventPlan::EventPlan(const SegmentShape& shape, std::span<const SegmentColumn> columns,
                     EventDecoder& decoder) {
  if (shape.lines == SegmentShape::Lines::any) return;
  has_escapes_ = shape.lines == SegmentShape::Lines::escaped;
  Record record = decoder.decode(filled(shape, columns), {}, arena_);
  if (const auto* event = std::get_if<Event>(&record)) {
    sample_ = *event;
    direct_ = bind(shape, columns);
  }
}

bool EventPlan::bind(const SegmentShape& shape, std::span<const SegmentColumn> columns) {
  for (const Field& field : sample_.data) {
    if (std::holds_alternative<ScalarList>(field.value.value)) return false;
    members_.push_back({{0, padded(field.path, arena_), 0}, field.value, {}});
    if (const auto* text = std::get_if<std::string_view>(&field.value.value)) {
      members_.back().value.value = padded(*text, arena_);
    }
  }
  for (const Member& member : members_) sorted_.push_back(&member);
  const std::vector<std::string> paths = hole_paths(shape.skeleton);
  if (paths.size() != shape.columns.size()) return false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::uint32_t column = shape.columns[i];
    const std::string& path = paths[i];
    const std::size_t step = path.find(kPathStep);
    if (step == std::string::npos) {
      if (!bind_attribute(path, column, columns[column].kind)) return false;
    } else if (path.starts_with("data") && step == 4) {
      std::string dotted = path.substr(step + 1);
      std::replace(dotted.begin(), dotted.end(), kPathStep, '.');
      if (!bind_field(dotted, column)) return false;
    }
  }
  return at_.id != kNone && at_.source != kNone && at_.time != kNone;
}

bool EventPlan::bind_attribute(std::string_view name, std::uint32_t column, HoleKind kind) {
  const auto take = [&](std::uint32_t& out, HoleKind wanted) {
    if (kind != wanted || out != kNone) return false;
    out = column;
    return true;
  };
  if (name == "id") return take(at_.id, HoleKind::text);
  if (name == "source") return take(at_.source, HoleKind::text);
  if (name == "unit") return take(at_.unit, HoleKind::text);
  if (name == "subject") return take(at_.subject, HoleKind::text);
  if (name == "time") return take(at_.time, HoleKind::time);
  if (name == "recordedtime") return take(at_.recorded, HoleKind::time);
  return name != "type" && name != "specversion" && name != "data";
}

bool EventPlan::bind_field(std::string_view path, std::uint32_t column) {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].path.text != path) continue;
    holes_.push_back({i, column});
    return true;
  }
  return false;
}

std::optional<std::uint32_t> EventPlan::column_of(std::string_view path) const {
  for (const FieldHole& hole : holes_) {
    if (members_[hole.field].path.text == path) return hole.column;
  }
  for (const Member& member : members_) {
    const bool is_null = std::holds_alternative<std::monostate>(member.value.value);
    if (member.path.text == path && !is_null) return std::nullopt;
  }
  return kNone;
}

// False: a list.
bool EventPlan::scalar(const SegmentValues& values, std::size_t at, Arena& arena, Scalar& out) {
  switch (values.kind) {
    case HoleKind::text: out.value = values.texts.at(at); return true;
    case HoleKind::integer: out.value = Number{values.values[at]}; return true;
    case HoleKind::boolean: out.value = values.values[at] != 0; return true;
    case HoleKind::decimal: out.value = values.decimal(at); return true;
    case HoleKind::time: {
      std::string text;
      append_hole(text, values.hole(at));
      out.value = padded(text, arena);
      return true;
    }
    case HoleKind::raw: return false;
  }
  return false;
}

std::optional<Event> EventPlan::event(std::span<const SegmentValues> values,
                                      std::span<const std::size_t> next, Arena& arena) {
  if (!direct_ || has_escapes_) return std::nullopt;
  for (const FieldHole& hole : holes_) {
    if (!scalar(values[hole.column], next[hole.column], arena, members_[hole.field].value)) {
      return std::nullopt;
    }
  }
  const auto text = [&](std::uint32_t column) { return values[column].texts.at(next[column]); };
  Event out;
  out.id = text(at_.id);
  out.source = text(at_.source);
  out.type = sample_.type;
  out.unit = at_.unit == kNone ? std::string_view{} : text(at_.unit);
  if (out.unit.empty() && at_.subject != kNone) out.unit = text(at_.subject);
  if (!is_attribute(out.id) || !is_attribute(out.source) || out.unit.size() > kMaxAttributeBytes) {
    return std::nullopt;
  }
  const auto time = [&](std::uint32_t column) {
    return instant(values[column].values[next[column]]);
  };
  out.time = time(at_.time);
  if (at_.recorded != kNone) out.recorded = time(at_.recorded);
  auto* const fields =
      reinterpret_cast<Field*>(arena.bytes(members_.size() * sizeof(Field), alignof(Field)));
  for (std::size_t i = 0; i < members_.size(); ++i) {
    new (fields + i) Field{members_[i].path.text, members_[i].value};
  }
  out.data = {fields, members_.size()};
  bytes_.clear();
  bytes_.text(out.source);
  bytes_.text(out.id);
  out.identity = bytes_.hash();
  bytes_.clear();
  bytes_.text(out.type);
  bytes_.text(out.unit);
  bytes_.number(micros(out.time));
  bytes_.fields(sorted_);
  out.content = bytes_.hash();
  return out;
}

}  // namespace lianqing
