// Params, lists, macros, event types and items.
#include <algorithm>

#include "rules/duration.h"
#include "rules/lower.h"
#include "rules/report.h"
#include "rules/scope.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::size_t kMaxSlips = 3;  // letters; more is another word

std::optional<Number> comparable(const Text& text, bool span) {
  if (!text.present) return std::nullopt;
  if (!span) return text.quoted ? std::nullopt : Number::parse(text.text);
  if (text.text == "0") return Number{0};
  const auto length = parse_span(text.text);
  return length ? std::optional(Number(length->amount)) : std::nullopt;
}

std::optional<Number> read_limit(const Text& text, bool span, Names& names) {
  const auto limit = comparable(text, span);
  if (text.present && !limit) {
    report(names.out, span ? "R023" : "R015", text.at,
           span ? Bilingual{"此处应是时长", "expected a length of time"}
                : Bilingual{"此处应是数字", "expected a number"});
  }
  return limit;
}

void check_limits(const ParamSyntax& syntax, const Param& param, Names& names) {
  if (param.min && param.max && *param.max < *param.min) {
    report(names.out, "R158", syntax.max.at,
           {"最大值小于最小值", "the maximum is less than the minimum"},
           {"对调 min 与 max", "exchange min and max"});
    return;
  }
  const auto value = comparable(syntax.value, param.is_span);
  if (!value) return;
  if ((param.min && *value < *param.min) || (param.max && *param.max < *value)) {
    const bool low = param.min && *value < *param.min;
    const std::string limit = low ? syntax.min.text : syntax.max.text;
    report(names.out, "R157", syntax.value.at,
           {"参数“" + param.name + "”的值 " + syntax.value.text +
                (low ? " 小于最小值 " : " 大于最大值 ") + limit,
            "value " + syntax.value.text + " of param '" + param.name + "' is " +
                (low ? "less than its minimum " : "more than its maximum ") + limit},
           {"改值，或放宽 min、max", "change the value, or widen min and max"});
  }
}

// `15%`, not in quotes.
std::optional<Number> percentage(const Text& text) {
  for (const std::string_view sign : {"%", "％"}) {
    if (text.quoted || !text.text.ends_with(sign)) continue;
    const auto number = Number::parse(text.text.substr(0, text.text.size() - sign.size()));
    if (number) return (*number / Number(100)).round(6);
  }
  return std::nullopt;
}

Param lower_param(const ParamSyntax& syntax, Names& names) {
  Param param;
  param.name = syntax.name;
  param.title = syntax.title;
  param.at = syntax.at;
  if (!syntax.value.present) return param;
  if (const auto span = parse_span(syntax.value.text)) {
    param.is_span = true;
    param.span = *span;
  } else if (const auto share = percentage(syntax.value)) {
    param.value = {CellTag::number, static_cast<std::uint32_t>(share->den()), share->num()};
    report(names.out, "R106", syntax.value.at,
           {"这里不能写百分数", "a percentage cannot be written here"},
           {"写成小数：" + share->to_string(), "write it as a decimal: " + share->to_string()});
    return param;
  } else {
    param.value = cell_of(syntax.value, names.tables);
  }
  param.min = read_limit(syntax.min, param.is_span, names);
  param.max = read_limit(syntax.max, param.is_span, names);
  const bool number = param.is_span || param.value.tag == CellTag::number;
  if (!number && (syntax.min.present || syntax.max.present)) {
    const Text& limit = syntax.min.present ? syntax.min : syntax.max;
    report(names.out, "R015", syntax.value.at,
           {"有 min 或 max 的参数，值应是数字或时长",
            "a param with min or max has a number or a length of time"},
           {"去掉 " + limit.text + " 这个限制，或改值",
            "remove the limit " + limit.text + " or change the value"});
  }
  check_limits(syntax, param, names);
  return param;
}

// All that a measure says about types.
std::vector<const Selection*> selections(const MeasureSyntax& measure) {
  std::vector<const Selection*> out{&measure.of, &measure.without};
  for (const Selection& step : measure.steps) out.push_back(&step);
  return out;
}

// Every type that is declared or named, sorted by name.
void collect_types(Names& names) {
  std::set<std::string> all;
  auto add = [&](const Selection& selection) {
    for (const Text& type : selection.types) all.insert(type.text);
  };
  for (const EventSyntax& event : names.syntax.events) all.insert(event.name);
  for (const ItemSyntax& item : names.syntax.items) {
    add(item.open);
    add(item.close);
    add(item.extend);
  }
  for (const MeasureSyntax& measure : names.syntax.measures) {
    for (const Selection* selection : selections(measure)) add(*selection);
  }
  for (const std::string& name : all) {
    names.types.emplace(name, static_cast<std::uint32_t>(names.program.types.size()));
    EventType type;
    type.name = name;
    names.program.types.push_back(std::move(type));
  }
}

FieldCheck lower_field(const FieldSyntax& syntax, Names& names) {
  FieldCheck field;
  field.name = syntax.name;
  field.type = syntax.type;
  field.required = syntax.required;
  field.sensitive = syntax.sensitive;
  field.min = syntax.min;
  field.max = syntax.max;
  for (const Text& code : syntax.codes) field.codes.push_back(code.text);
  if (syntax.min && syntax.max && *syntax.max < *syntax.min) {
    report(names.out, "R158", syntax.at,
           {"字段“" + syntax.name + "”的最大值小于最小值",
            "the maximum of field '" + syntax.name + "' is less than its minimum"},
           {"对调 min 与 max", "exchange min and max"});
  }
  if (syntax.codes_list.present) {
    const auto list = names.lists.find(syntax.codes_list.text);
    if (list == names.lists.end()) {
      std::vector<std::string> known;
      for (const auto& [name, cells] : names.lists) known.push_back(name);
      const auto nearest = nearest_name(syntax.codes_list.text, known);
      const std::string name = syntax.codes_list.text;
      if (nearest) {
        report(names.out, "R150", syntax.codes_list.at,
               {"没有列表“" + name + "”", "unknown list '" + name + "'"}, did_you_mean(*nearest));
      } else {
        report(
            names.out, "R184", syntax.codes_list.at,
            {"没有列表“" + name + "”，字段“" + syntax.name + "”的代码不检查",
             "there is no list '" + name + "': the codes of field '" + syntax.name +
                 "' are not checked"},
            {"在 lists 中加上它，或直接写 [甲, 乙]", "add it under lists, or write [a, b] here"});
      }
    } else {
      names.used.insert(list->first);
      for (const Cell& cell : list->second) {
        if (cell.tag == CellTag::text)
          field.codes.push_back(names.program.symbols[static_cast<std::size_t>(cell.num)]);
      }
    }
  }
  std::sort(field.codes.begin(), field.codes.end());
  field.codes.erase(std::unique(field.codes.begin(), field.codes.end()), field.codes.end());
  return field;
}

// An undeclared type whose name is nearly that of a declared one.
void check_spelling(const Selection& selection, Names& names) {
  std::vector<std::string> declared;
  for (const auto& [name, event] : names.events) declared.push_back(name);
  for (const Text& type : selection.types) {
    if (names.events.contains(type.text)) continue;
    const auto nearest = nearest_name(type.text, declared);
    if (!nearest || edit_distance(type.text, *nearest) > kMaxSlips) continue;
    report(names.out, "R176", type.at,
           {"事件“" + type.text + "”没有声明，与“" + *nearest + "”很像",
            "event '" + type.text + "' is not declared, and much like '" + *nearest + "'"},
           did_you_mean(*nearest));
  }
}

// The slot of a deadline: a date or a time, or a text that holds one.
std::uint32_t lower_due(const Text& due, EventScope& scope, Names& names) {
  const auto field = scope.field(due);
  if (!field) return kNone;
  const bool fits = field->type == ValueType::date || field->type == ValueType::time ||
                    field->type == ValueType::text || field->type == ValueType::dynamic;
  if (!fits) {
    report(names.out, "R172", due.at,
           {"期限字段“" + due.text + "”应是 date 或 time",
            "a deadline such as '" + due.text + "' is of type date or time"},
           {"在 events 中改它的类型", "change its type under events"});
  }
  return field->index;
}

Item lower_item(const ItemSyntax& syntax, Names& names) {
  Item item;
  item.name = syntax.name;
  item.title = syntax.title;
  item.at = syntax.at;
  item.open = type_indices(syntax.open, names);
  item.close = type_indices(syntax.close, names);
  item.extend = type_indices(syntax.extend, names);
  for (const Selection* selection : {&syntax.open, &syntax.close, &syntax.extend}) {
    check_spelling(*selection, names);
    if (selection->any) {
      report(names.out, "R022", selection->at,
             {"事项要写明事件类型，不能用 *", "an item names its event types; * cannot be used"},
             {});
    }
    EventScope scope(names, *selection);
    if (!selection->present || selection->any) continue;
    if (const auto key = scope.field(syntax.key)) item.key = key->index;
  }
  item.open_where = lower_where(syntax.open.where, syntax.open, names);
  item.close_where = lower_where(syntax.close.where, syntax.close, names);
  item.extend_where = lower_where(syntax.extend.where, syntax.extend, names);
  EventScope opening(names, syntax.open);
  item.due = lower_due(syntax.due, opening, names);
  if (!syntax.extend.present) return item;
  const Text& due = syntax.extend_due.present ? syntax.extend_due : syntax.due;
  if (!due.present) {
    report(names.out, "R185", syntax.extend.at,
           {"延期没有写新的期限", "an extension without its new deadline"},
           {"在 extend 中加上 due: 字段名", "add due: FIELD to extend"});
    return item;
  }
  EventScope extending(names, syntax.extend);
  item.extend_due = lower_due(due, extending, names);
  return item;
}

}  // namespace

void lower_constants(Names& names) {
  for (const ParamSyntax& param : names.syntax.params) {
    names.params.emplace(param.name, static_cast<std::uint32_t>(names.program.params.size()));
    names.program.params.push_back(lower_param(param, names));
  }
  for (const ListSyntax& list : names.syntax.lists) {
    std::vector<Cell>& cells = names.lists[list.name];
    for (const Text& value : list.values) cells.push_back(cell_of(value, names.tables));
  }
  for (const MacroSyntax& macro : names.syntax.macros)
    names.macros.emplace(macro.name, macro.text.text);
  for (const AttributeSyntax& attribute : names.syntax.attributes) {
    names.attributes.emplace(attribute.name, attribute.type);
  }
}

void lower_events(Names& names) {
  collect_types(names);
  for (const EventSyntax& event : names.syntax.events) {
    names.events.emplace(event.name, &event);
    EventType& type = names.program.types[names.types.at(event.name)];
    type.title = event.title;
    type.declared = true;
    for (const FieldSyntax& field : event.fields) type.fields.push_back(lower_field(field, names));
  }
  for (const ItemSyntax& item : names.syntax.items) {
    names.items.emplace(item.name, static_cast<std::uint32_t>(names.program.items.size()));
    names.program.items.push_back(lower_item(item, names));
  }
  for (const MeasureSyntax& measure : names.syntax.measures) {
    for (const Selection* selection : selections(measure)) check_spelling(*selection, names);
  }
}

}  // namespace lianqing
