#include "engine/read_decision.h"

#include <algorithm>

#include "engine/cells.h"

namespace lianqing {
namespace {

constexpr std::string_view kChanges = "changes";

std::string_view text_of(const Event& event, std::string_view path) {
  const Scalar* value = find_field(event, path);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string_view>(&value->value);
  return text == nullptr ? std::string_view{} : *text;
}

// The texts of a list; a single text is a list of one.
std::vector<std::string_view> texts_of(const Event& event, std::string_view path) {
  std::vector<std::string_view> out;
  const Scalar* value = find_field(event, path);
  if (value == nullptr) return out;
  if (const auto* one = std::get_if<std::string_view>(&value->value)) out.push_back(*one);
  if (const auto* list = std::get_if<ScalarList>(&value->value)) {
    for (const Scalar& element : *list) {
      if (const auto* text = std::get_if<std::string_view>(&element.value)) out.push_back(*text);
    }
  }
  return out;
}

bool has_changes(const Event& event) {
  return std::any_of(event.data.begin(), event.data.end(), [](const Field& field) {
    return field.path.size() > kChanges.size() && field.path.starts_with(kChanges) &&
           field.path[kChanges.size()] == '.';
  });
}

// Millionths; nothing unless the number lies in [0, 1].
std::optional<std::uint32_t> weight_of(const Event& event) {
  const Scalar* value = find_field(event, "factor");
  const auto* number = value == nullptr ? nullptr : std::get_if<Number>(&value->value);
  if (number == nullptr || *number < 0 || *number > 1) return std::nullopt;
  return static_cast<std::uint32_t>((*number * kFullWeight).round(0).num());
}

constexpr std::string_view kChangesOfUnits[] = {"create", "rename", "update",  "move",
                                                "merge",  "split",  "dissolve"};

std::string unit_change_fault(const Event& event) {
  const std::string_view change = text_of(event, "change");
  if (std::find(std::begin(kChangesOfUnits), std::end(kChangesOfUnits), change) ==
      std::end(kChangesOfUnits)) {
    return "field 'change': expected create, rename, update, move, merge, split or dissolve";
  }
  if (event.unit.empty()) return "expected `unit`: the unit that changes";
  if (find_field(event, "effective") != nullptr && !parse_date(text_of(event, "effective"))) {
    return "field 'effective': expected a date YYYY-MM-DD";
  }
  if (change == "merge" && texts_of(event, "from").empty()) {
    return "field 'from': expected the units that are merged into this one";
  }
  if (change == "split" && texts_of(event, "into").empty()) {
    return "field 'into': expected the units that it is split into";
  }
  return {};
}

bool granted(const Event& event) {
  const Scalar* value = find_field(event, "granted");
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(&value->value);
  return flag == nullptr || *flag;
}

}  // namespace

RecordKind DecisionReader::kind_of(std::string_view type) {
  if (type == "event_retracted" || type == "clarification_issued" || type == "unit_changed") {
    return RecordKind::final_decision;
  }
  if (type == "event_corrected" || type == "tolerance_decision") return RecordKind::decision;
  return RecordKind::event;
}

std::vector<std::pair<std::string_view, std::string_view>> DecisionReader::exact_targets(
    const Event& event) {
  const std::string_view id = text_of(event, "target_event_id");
  if (id.empty()) return {};
  const std::string_view source = text_of(event, "target_source");
  return {{source.empty() ? event.source : source, id}};
}

std::string DecisionReader::fault(const Event& event) const {
  if (event.type == "event_retracted" || event.type == "event_corrected") {
    if (text_of(event, "target_event_id").empty()) {
      return "field 'target_event_id': expected the id of the event it is about";
    }
    if (event.type == "event_corrected" && !has_changes(event)) {
      return "field 'changes': expected the fields to change, with their right values";
    }
    return {};
  }
  if (event.type == "unit_changed") return unit_change_fault(event);
  if (texts_of(event, "targets").empty()) {
    return "field 'targets': expected a list of event ids";
  }
  if (event.type == "tolerance_decision" && granted(event) && !weight_of(event)) {
    return "field 'factor': expected a number from 0 to 1";
  }
  return {};
}

std::vector<std::string> DecisionReader::types() {
  return {"calendar_updated",  "clarification_issued", "complaint_verdict",
          "connector_status",  "event_corrected",      "event_retracted",
          "ruleset_activated", "tolerance_decision",   "unit_changed"};
}

Symbol DecisionReader::complaint(const Event& event) const {
  if (!opens_complaint(event.type)) return kNone;
  const std::string_view id = text_of(event, kComplaintId);
  return id.empty() ? kNone : symbols_.intern(id);
}

std::vector<Decision> DecisionReader::read(const Event& event, const LogEntry& entry) const {
  std::vector<Decision> out;
  Decision decision;
  decision.seq = entry.seq;
  decision.time = entry.time;
  if (event.type == "unit_changed") return read_unit_change(event, decision);
  if (event.type == "event_retracted" || event.type == "event_corrected") {
    const bool corrects = event.type == "event_corrected";
    decision.kind = corrects ? DecisionKind::correct : DecisionKind::withdraw;
    decision.cause = corrects ? Cause::correction : Cause::retraction;
    const auto [source, id] = exact_targets(event).front();
    decision.source = symbols_.intern(source);
    decision.target = id;
    if (corrects) patch(event, decision);
    out.push_back(std::move(decision));
  } else if (event.type == "complaint_verdict") {
    decision.kind = DecisionKind::correct;
    decision.names = TargetKind::complaint;
    decision.target = text_of(event, "complaint_id");
    const Scalar* verdict = find_field(event, "verdict");
    for (std::uint32_t slot = 0; slot < program_.slots.size(); ++slot) {
      if (program_.slots[slot].path != "verdict" || verdict == nullptr) continue;
      decision.patch.emplace_back(
          slot, to_cell(*verdict, FieldType::dynamic, symbols_, decision.elements));
    }
    if (!decision.patch.empty() && !decision.target.empty()) out.push_back(std::move(decision));
  } else {
    const bool weighs = event.type == "tolerance_decision";
    if (weighs && !granted(event)) return out;
    decision.names = TargetKind::event_or_complaint;
    decision.kind = weighs ? DecisionKind::weigh : DecisionKind::withdraw;
    decision.cause = weighs ? Cause::decision : Cause::retraction;
    if (weighs) decision.weight = *weight_of(event);
    for (const std::string_view target : texts_of(event, "targets")) {
      decision.target = target;
      out.push_back(decision);
    }
  }
  return out;
}

Instant DecisionReader::effective(const Event& event) const {
  if (event.type != "unit_changed") return event.time;
  const auto date = parse_date(text_of(event, "effective"));
  if (!date) return event.time;
  return std::max(event.time, program_.zone.start_of(LocalDay{date->time_since_epoch()}));
}

std::vector<std::string_view> DecisionReader::other_units(const Event& event) {
  std::vector<std::string_view> out;
  if (event.type != "unit_changed") return out;
  for (const std::string_view field : {"from", "into"}) {
    const auto units = texts_of(event, field);
    out.insert(out.end(), units.begin(), units.end());
  }
  return out;
}

// Its data fields are attributes of the unit from then on.
std::vector<Decision> DecisionReader::read_unit_change(const Event& event,
                                                       Decision decision) const {
  std::vector<Decision> out;
  const std::string_view change = text_of(event, "change");
  const auto add = [&](DecisionKind kind, std::string_view target) {
    decision.kind = kind;
    decision.target = target;
    out.push_back(decision);
  };
  if (change == "dissolve") {
    add(DecisionKind::dissolve, {});
    return out;
  }
  if (change == "split") {
    for (const std::string_view unit : texts_of(event, "into")) add(DecisionKind::hand_over, unit);
    add(DecisionKind::dissolve, {});
    return out;
  }
  for (std::uint32_t i = 0; i < program_.unit_attributes.size(); ++i) {
    const std::string& attribute = program_.unit_attributes[i];
    const Scalar* value = find_field(event, attribute);
    if (attribute == "parent" && value == nullptr) value = find_field(event, "parent_unit_id");
    if (value == nullptr) continue;
    decision.patch.emplace_back(i,
                                to_cell(*value, FieldType::dynamic, symbols_, decision.elements));
  }
  std::erase_if(decision.patch, [](const auto& one) { return one.second.tag == CellTag::list; });
  add(DecisionKind::describe, {});
  decision.patch.clear();
  if (find_field(event, "parent_unit_id") != nullptr) {
    add(DecisionKind::move, text_of(event, "parent_unit_id"));
  }
  if (change == "merge") {
    for (const std::string_view unit : texts_of(event, "from")) add(DecisionKind::take_over, unit);
  }
  return out;
}

// A change of `place` concerns `place.district` too; the more exact path wins.
void DecisionReader::patch(const Event& event, Decision& out) const {
  for (std::uint32_t slot = 0; slot < program_.slots.size(); ++slot) {
    const std::string path = std::string(kChanges) + "." + program_.slots[slot].path;
    const Scalar* exact = find_field(event, path);
    if (exact != nullptr) {
      out.patch.emplace_back(slot, to_cell(*exact, FieldType::dynamic, symbols_, out.elements));
      continue;
    }
    for (const Field& field : event.data) {
      if (path.size() > field.path.size() && field.path.size() > kChanges.size() &&
          path.starts_with(field.path) && path[field.path.size()] == '.') {
        out.patch.emplace_back(slot, Cell{});
        break;
      }
    }
  }
}

}  // namespace lianqing
