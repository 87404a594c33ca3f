// What the author of a pack wrote, section by section, with places: plain structs between parse and
// lower. Names are NFC; expressions, durations and references are still texts.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/level.h"
#include "lianqing/number.h"
#include "rules/expression.h"
#include "rules/measures/family.h"
#include "rules/program.h"

namespace lianqing {

// One scalar as written.
struct Text {
  bool present = false;
  bool quoted = false;
  std::string text;
  SourceSpan at;
  SourceSpan inside;  // see Node::inside
};

// Every named construct begins with these.
struct Named {
  std::string name;
  SourceSpan at;  // of the name
};

struct PackHead {
  bool present = false;
  SourceSpan at;
  Text id, timezone, calendar, max_future;
  Bilingual title;
};

struct ListSyntax : Named {
  std::vector<Text> values;
};

struct ParamSyntax : Named {
  Text value, min, max;
  Bilingual title;
};

struct MacroSyntax : Named {
  Text text;
};

struct FieldSyntax : Named {
  FieldType type = FieldType::dynamic;
  Text codes_list;          // codes: NAME
  std::vector<Text> codes;  // codes: [a, b]
  bool required = false;
  bool sensitive = false;
  std::optional<Number> min, max;
};

struct EventSyntax : Named {
  Bilingual title;
  std::vector<FieldSyntax> fields;
};

// T, [T, U], "*", or {event: T, where: expr}.
struct Selection {
  bool present = false;
  bool any = false;
  std::vector<Text> types;
  Text where;
  SourceSpan at;
};

struct ItemSyntax : Named {
  Bilingual title;
  Text key, due;
  Selection open, close, extend;
  Text extend_due;
};

struct AttributeSyntax : Named {
  ValueType type = ValueType::dynamic;
};

struct MeasureSyntax : Named {
  Bilingual title;
  const MeasureFamily* family = nullptr;
  Text subject;  // the aggregate key's text, unless it holds types
  Selection of;  // types, of the aggregate key or of `of`
  Text where, over, offset, per, empty, margin, q, half_life, every;
  std::vector<Selection> steps;  // sequence
  Selection without;
  Text on, within;
  Text stat, among;  // peers
  Text made;         // units: the expression, and what is made of it
  RollUpHow how = RollUpHow::count;
  std::vector<Text> covers;  // rules
  Text group, different;
  bool to_date = false;
  SourceSpan to_date_at;
};

struct LevelSyntax {
  bool present = false;
  SourceSpan at;
  Text enter, exit, confirm, hold;
  std::optional<bool> step_down;
};

struct ExceptionSyntax {
  Text unit, reason, by, until;
};

struct RuleSyntax : Named {
  Bilingual title, basis;
  Text group, owner, duty, from, to, needs;
  RuleStatus status = RuleStatus::active;
  std::array<LevelSyntax, kLevels> levels;
  bool step_down = false;
  Text because_zh, because_en;
  std::vector<ExceptionSyntax> exceptions;
  std::array<Text, kLevels> shown_as;  // show: {level: shade}
};

struct LabelSyntax {
  Bilingual label, meaning;
  Text symbol;
};

struct ShadeSyntax : Named {
  Level base = Level::green;
  LabelSyntax label;
};

struct ColoursSyntax {
  std::array<LabelSyntax, kLevels> labels;
  std::vector<ShadeSyntax> shades;
  Text window, high, low;  // flapping
};

// A step of a duty (limit: within) or of its ladder (limit: after).
struct DutyStepSyntax {
  Text name, role, limit;
  Bilingual title;
};

struct DutyLevelSyntax {
  std::vector<DutyStepSyntax> steps;
  Text observe, extension;
  bool triage = false;
};

struct DutySyntax : Named {
  Bilingual title;
  std::array<DutyLevelSyntax, kLevels> levels;
  std::vector<DutyStepSyntax> ladder;
};

struct SourceSyntax : Named {
  Bilingual title;
  Text silent_after;
};

struct PlaceLine {
  std::uint32_t file = 0, line = 0;
  friend bool operator==(const PlaceLine&, const PlaceLine&) = default;
};

// A finding that the author lets stand where it is found, or in the whole pack.
struct AllowanceSyntax {
  Text code;
  bool whole_pack = false;
  std::vector<PlaceLine> lines;  // of what it is about
};

// Sorted by name, so that nothing that follows depends on how a pack is laid out in files.
struct PackSyntax {
  bool complete = true;  // every file could be read as YAML
  PackHead head;
  std::vector<ListSyntax> lists;
  std::vector<ParamSyntax> params;
  std::vector<MacroSyntax> macros;
  std::vector<EventSyntax> events;
  std::vector<ItemSyntax> items;
  bool attributes_declared = false;
  std::vector<AttributeSyntax> attributes;
  std::vector<MeasureSyntax> measures;
  std::vector<RuleSyntax> rules;
  std::vector<Text> days_off, days_on;  // calendar_days
  ColoursSyntax colours;
  std::vector<DutySyntax> duties;
  std::vector<SourceSyntax> sources;
  std::vector<AllowanceSyntax> allowances;
};

}  // namespace lianqing
