// Records about other records (SPEC 1, DOMAIN 3.2): event_corrected, event_retracted,
// clarification_issued, tolerance_decision, complaint_verdict; and about units: unit_changed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/entry.h"
#include "engine/symbols.h"
#include "lianqing/event.h"
#include "rules/program.h"

namespace lianqing {

class DecisionReader {
 public:
  DecisionReader(const Program& program, Symbols& symbols) : program_(program), symbols_(symbols) {}

  static RecordKind kind_of(std::string_view type);
  // Records of these types need no unit.
  static bool concerns_no_unit(std::string_view type) {
    return type == "calendar_updated" || type == "ruleset_activated" || type == "connector_status";
  }
  // The (source, id) of records it names exactly.
  static std::vector<std::pair<std::string_view, std::string_view>> exact_targets(
      const Event& event);
  // What is missing or wrong in its own fields; empty if nothing is.
  std::string fault(const Event& event) const;
  // What an admitted record decides.
  std::vector<Decision> read(const Event& event, const LogEntry& entry) const;
  // When it takes effect: a change of the register not before its effective day.
  Instant effective(const Event& event) const;
  // Other units it speaks of.
  static std::vector<std::string_view> other_units(const Event& event);
  // Records of these types may be about other records, units or days: what they say is read whole.
  static std::vector<std::string> types();
  // Whether records of the type are complaints; the field with their id.
  static bool opens_complaint(std::string_view type) { return type == "complaint_received"; }
  static constexpr std::string_view kComplaintId = "complaint_id";
  // The complaint id of a complaint, else kNone.
  Symbol complaint(const Event& event) const;

 private:
  void patch(const Event& event, Decision& out) const;
  std::vector<Decision> read_unit_change(const Event& event, Decision decision) const;

  const Program& program_;
  Symbols& symbols_;
};

}  // namespace lianqing
