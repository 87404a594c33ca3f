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

bool granted(const Event& event) {
  const Scalar* value = find_field(event, "granted");
  const auto* flag = value == nullptr ? nullptr : std::get_if<bool>(&value->value);
  return flag == nullptr || *flag;
}

}  // namespace

RecordKind DecisionReader::kind_of(std::string_view type) {
  if (type == "event_retracted" || type == "clarification_issued") {
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
  if (texts_of(event, "targets").empty()) {
    return "field 'targets': expected a list of event ids";
  }
  if (event.type == "tolerance_decision" && granted(event) && !weight_of(event)) {
    return "field 'factor': expected a number from 0 to 1";
  }
  return {};
}

Symbol DecisionReader::complaint(const Event& event) const {
  if (event.type != "complaint_received") return kNone;
  const std::string_view id = text_of(event, "complaint_id");
  return id.empty() ? kNone : symbols_.intern(id);
}

std::vector<Decision> DecisionReader::read(const Event& event, const LogEntry& entry) const {
  std::vector<Decision> out;
  Decision decision;
  decision.seq = entry.seq;
  decision.time = entry.time;
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
