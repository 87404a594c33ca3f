#include "rules/scope.h"

#include <algorithm>
#include <utility>

#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::string_view kLevelWord = "level";
constexpr std::pair<std::string_view, WarningAttribute> kWarningAttributes[] = {
    {"level", WarningAttribute::level},
    {"rule", WarningAttribute::rule},
    {"group", WarningAttribute::group},
    {"key", WarningAttribute::key},
};

const FieldSyntax* field_of(const EventSyntax& event, std::string_view path) {
  for (const FieldSyntax& field : event.fields) {
    if (field.name == path) return &field;
  }
  return nullptr;
}

std::vector<std::string> attribute_names(const Names& names) {
  std::vector<std::string> out;
  for (const auto& [name, type] : names.attributes) out.push_back(name);
  return out;
}

}  // namespace

std::optional<std::vector<Cell>> PackScope::find_list(std::string_view name) {
  const auto at = names_.lists.find(name);
  if (at == names_.lists.end()) return std::nullopt;
  names_.used.emplace(name);
  return at->second;
}

std::optional<std::string> PackScope::find_macro(std::string_view name) {
  const auto at = names_.macros.find(name);
  if (at == names_.macros.end()) return std::nullopt;
  names_.used.emplace(name);
  return at->second;
}

std::optional<NamedValue> PackScope::find_param(std::string_view name, const SourceSpan& at) {
  const auto found = names_.params.find(name);
  if (found == names_.params.end()) return std::nullopt;
  names_.used.emplace(name);
  const Param& param = names_.program.params[found->second];
  if (param.is_span) {
    report(names_.out, "R182", at,
           {"参数“" + param.name + "”是时长，不能用在条件里",
            "param '" + param.name + "' is a length of time and has no value in a condition"},
           {"时长用在 over、offset、for、hold、by、in",
            "lengths of time go to over, offset, for, hold, by, in"});
    return std::nullopt;
  }
  return NamedValue{Op::param, found->second, type_of(param.value)};
}

void PackScope::add_constant_names(std::vector<std::string>& out) const {
  for (const auto& [name, index] : names_.params) out.push_back(name);
  for (const auto& [name, cells] : names_.lists) out.push_back(name);
  for (const auto& [name, text] : names_.macros) out.push_back(name);
}

EventScope::EventScope(Names& names, const Selection& types) : PackScope(names), any_(types.any) {
  for (const Text& type : types.types) {
    const auto at = names.events.find(type.text);
    if (at != names.events.end()) {
      declared_.push_back(at->second);
    } else {
      undeclared_.push_back(type);
    }
  }
}

bool EventScope::some_declare(std::string_view name) const {
  return std::any_of(declared_.begin(), declared_.end(),
                     [&](const EventSyntax* event) { return field_of(*event, name) != nullptr; });
}

const FieldSyntax* EventScope::declared(std::string_view path) const {
  if (any_ || !undeclared_.empty() || declared_.empty()) return nullptr;
  const FieldSyntax* out = nullptr;
  for (const EventSyntax* event : declared_) {
    const FieldSyntax* field = field_of(*event, path);
    if (field == nullptr || (out != nullptr && type_of(field->type) != type_of(out->type)))
      return nullptr;
    if (out == nullptr) out = field;
  }
  return out;
}

NamedValue EventScope::field_value(std::string_view name) {
  const FieldSyntax* field = declared(name);
  const std::uint32_t slot = names_.tables.slot(std::string(name));
  return {Op::field, slot, field == nullptr ? ValueType::dynamic : type_of(field->type)};
}

std::optional<std::vector<Cell>> EventScope::find_list(std::string_view name) {
  return some_declare(name) ? std::nullopt : PackScope::find_list(name);
}

std::optional<std::string> EventScope::find_macro(std::string_view name) {
  return some_declare(name) ? std::nullopt : PackScope::find_macro(name);
}

std::optional<NamedValue> EventScope::find(std::string_view name, const SourceSpan& at) {
  if (some_declare(name)) return field_value(name);
  if (name == "event.id") return NamedValue{Op::event_attr, 0, ValueType::text};
  if (name == "event.source") return NamedValue{Op::event_attr, 1, ValueType::text};
  if (name == "event.type") return NamedValue{Op::event_attr, 2, ValueType::text};
  if (names_.params.contains(name)) return find_param(name, at);
  if (any_ || !undeclared_.empty()) {
    note_unchecked(name, at);
    return field_value(name);
  }
  report_unknown(name, at);
  return std::nullopt;
}

std::optional<NamedValue> EventScope::field(const Text& path) {
  if (!path.present) return std::nullopt;
  if (some_declare(path.text)) return field_value(path.text);
  if (any_ || !undeclared_.empty()) {
    note_unchecked(path.text, path.inside);
    return field_value(path.text);
  }
  report_unknown(path.text, path.inside);
  return std::nullopt;
}

std::vector<std::string> EventScope::names() const {
  std::vector<std::string> out{"event.id", "event.source", "event.type"};
  for (const EventSyntax* event : declared_) {
    for (const FieldSyntax& field : event->fields) out.push_back(field.name);
  }
  add_constant_names(out);
  return out;
}

// Whether a field of the events has this code: a text whose quotes were forgotten.
bool EventScope::is_code(std::string_view name) const {
  for (const EventSyntax* event : declared_) {
    for (const FieldSyntax& field : event->fields) {
      const auto is_name = [&](const Text& code) { return code.text == name; };
      if (std::any_of(field.codes.begin(), field.codes.end(), is_name)) return true;
      for (const ListSyntax& list : names_.syntax.lists) {
        if (list.name == field.codes_list.text &&
            std::any_of(list.values.begin(), list.values.end(), is_name))
          return true;
      }
    }
  }
  return false;
}

void EventScope::report_unknown(std::string_view name, const SourceSpan& at) {
  if (declared_.empty()) return;  // a selection without types was reported
  const std::string word(name), event = declared_.front()->name;
  Bilingual advice;
  if (is_code(name)) {
    advice = {"文字要加引号：'" + word + "'", "a text needs quotes: '" + word + "'"};
  } else if (const auto nearest = nearest_name(name, names())) {
    advice = did_you_mean(*nearest);
  } else if (!declared_.front()->fields.empty()) {
    std::string all;
    for (const FieldSyntax& field : declared_.front()->fields)
      all += (all.empty() ? "" : ", ") + field.name;
    advice = {"它的字段：" + all, "its fields: " + all};
  } else {
    advice = {"在 events 中为它声明此字段", "declare the field under events"};
  }
  report(names_.out, "R151", at,
         {"事件“" + event + "”没有字段“" + word + "”",
          "event '" + event + "' has no field '" + word + "'"},
         std::move(advice));
}

void EventScope::note_unchecked(std::string_view name, const SourceSpan& at) {
  for (const Text& type : undeclared_) {
    if (!names_.unchecked.insert(type.text).second) continue;
    report(names_.out, "R152", at,
           {"事件“" + type.text + "”没有声明，它的字段（如“" + std::string(name) + "”）无法检查",
            "event '" + type.text + "' is not declared: its fields, such as '" + std::string(name) +
                "', are not checked"},
           {"在 events 中声明它，写错的字段名就能查出来",
            "declare it under events, and misspelt fields are found"});
  }
}

std::optional<NamedValue> RuleScope::find_attribute(std::string_view name, const SourceSpan& at) {
  const auto declared = names_.attributes.find(name);
  if (names_.syntax.attributes_declared && declared == names_.attributes.end()) {
    const auto nearest = nearest_name(name, attribute_names(names_));
    report(names_.out, "R181", at,
           {"没有声明单位属性“" + std::string(name) + "”",
            "unit attribute '" + std::string(name) + "' is not declared"},
           nearest ? did_you_mean("unit." + *nearest)
                   : Bilingual{"在 units: attributes: 中声明它",
                               "declare it under units: attributes:"});
    return std::nullopt;
  }
  const ValueType type =
      declared == names_.attributes.end() ? ValueType::dynamic : declared->second;
  return NamedValue{Op::unit_attr, names_.tables.attribute(std::string(name)), type};
}

std::optional<NamedValue> RuleScope::find(std::string_view name, const SourceSpan& at) {
  if (name.substr(0, 5) == "unit.") return find_attribute(name.substr(5), at);
  if (name == "key") {
    if (with_key_) return NamedValue{Op::key, 0, ValueType::text};
    report(names_.out, "R186", at, {"key 只能用在规则里", "'key' can be used in rules only"}, {});
    return std::nullopt;
  }
  if (auto measure = find_measure_(name, at)) return measure;
  if (names_.params.contains(name)) return find_param(name, at);
  if (names_.items.contains(name)) {
    report(names_.out, "R150", at,
           {"“" + std::string(name) + "”是事项，不是指标",
            "'" + std::string(name) + "' is an item, not a measure"},
           {"先定义指标，例如 {overdue: " + std::string(name) + "}",
            "make a measure of it, such as {overdue: " + std::string(name) + "}"});
  }
  return std::nullopt;
}

std::vector<std::string> RuleScope::names() const {
  std::vector<std::string> out;
  for (const MeasureSyntax& measure : names_.syntax.measures) out.push_back(measure.name);
  for (const auto& [name, type] : names_.attributes) out.push_back("unit." + name);
  add_constant_names(out);
  return out;
}

std::optional<NamedValue> LowerUnitScope::find(std::string_view name, const SourceSpan& at) {
  if (name == kLevelWord) return NamedValue{Op::level, kNone, ValueType::text};
  return RuleScope::find(name, at);
}

std::optional<std::vector<Cell>> LowerUnitScope::find_list(std::string_view name) {
  return name == kLevelWord ? std::nullopt : PackScope::find_list(name);
}

std::optional<std::string> LowerUnitScope::find_macro(std::string_view name) {
  return name == kLevelWord ? std::nullopt : PackScope::find_macro(name);
}

std::vector<std::string> LowerUnitScope::names() const {
  auto out = RuleScope::names();
  out.emplace_back(kLevelWord);
  return out;
}

std::optional<WarningAttribute> warning_attribute(std::string_view name) {
  for (const auto& [word, attribute] : kWarningAttributes) {
    if (word == name) return attribute;
  }
  return std::nullopt;
}

std::vector<std::string> warning_attribute_names() {
  std::vector<std::string> out;
  for (const auto& [word, attribute] : kWarningAttributes) out.emplace_back(word);
  return out;
}

std::optional<NamedValue> WarningScope::find(std::string_view name, const SourceSpan& at) {
  if (const auto attribute = warning_attribute(name)) {
    return NamedValue{Op::warning_attr, static_cast<std::uint32_t>(*attribute), ValueType::text};
  }
  return find_param(name, at);
}

std::optional<std::vector<Cell>> WarningScope::find_list(std::string_view name) {
  return warning_attribute(name) ? std::nullopt : PackScope::find_list(name);
}

std::optional<std::string> WarningScope::find_macro(std::string_view name) {
  return warning_attribute(name) ? std::nullopt : PackScope::find_macro(name);
}

std::vector<std::string> WarningScope::names() const {
  auto out = warning_attribute_names();
  add_constant_names(out);
  return out;
}

}  // namespace lianqing
