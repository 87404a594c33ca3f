#include "rules/parse_constructs.h"

#include <algorithm>
#include <array>

#include "rules/choices.h"
#include "rules/identifier.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

template <class T>
T named(const Entry& entry) {
  T out;
  out.name = entry.key;
  out.at = entry.key_at;
  return out;
}

Selection parse_selection(const Entry& entry, Diagnostics& out) {
  if (!entry.value.is_map()) return parse_types(entry.value, out);
  check_keys(entry.value, entry.key_at, kSelectionKeys, {"选取事件的条件", "a selection of events"},
             out);
  const Node* event = entry.value.find("event");
  Selection selection = event == nullptr ? Selection{} : parse_types(*event, out);
  selection.where = read_text(entry.value, "where", out);
  return selection;
}

const Entry* find_entry(const Node& map, std::string_view key) {
  for (const Entry& entry : map.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

bool is_path(const std::string& name) {
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    if (!is_identifier(name.substr(at, dot - at))) return false;
    at = dot + 1;
  }
  return true;
}

void parse_codes(const Node& node, FieldSyntax& field, Diagnostics& out) {
  if (node.is_sequence()) {
    field.codes = read_texts(node, out);
  } else {
    field.codes_list = text_of(node, out);
  }
}

FieldSyntax parse_field(const Entry& entry, Diagnostics& out) {
  auto field = named<FieldSyntax>(entry);
  if (!is_path(field.name)) {
    report(
        out, "R017", field.at,
        {"“" + field.name + "”不能作字段名", "'" + field.name + "' cannot be the name of a field"},
        {"字段名由文字、数字和下划线组成，嵌套字段用点连接",
         "letters of any script, digits and _; nested ones are joined by dots"});
  }
  const Bilingual what{"字段类型", "type of field"};
  if (entry.value.is_scalar() && !entry.value.is_empty()) {  // name: type
    field.type =
        choose(text_of(entry.value, out), kFieldTypes, what, out).value_or(FieldType::dynamic);
    return field;
  }
  if (!check_keys(entry.value, entry.key_at, kFieldKeys,
                  {"字段“" + field.name + "”", "field '" + field.name + "'"}, out)) {
    return field;
  }
  const Text type = read_text(entry.value, "type", out);
  field.type = choose(type, kFieldTypes, what, out).value_or(FieldType::dynamic);
  if (const Node* codes = entry.value.find("codes")) {
    parse_codes(*codes, field, out);
    if (type.present && field.type != FieldType::code && field.type != FieldType::dynamic) {
      report(out, "R022", type.at,
             {"有 codes 的字段类型应是 code", "a field with codes is of type code"},
             {"写 type: code", "write type: code"});
    }
  }
  field.required = read_flag(entry.value, "required", out).value_or(false);
  field.sensitive = read_flag(entry.value, "sensitive", out).value_or(false);
  field.min = read_number(entry.value, "min", out);
  field.max = read_number(entry.value, "max", out);
  return field;
}

}  // namespace

Selection parse_types(const Node& node, Diagnostics& out) {
  Selection selection;
  selection.at = node.at;
  selection.types = read_texts(node, out);
  selection.present = !selection.types.empty();
  for (const Text& type : selection.types) {
    if (type.text == "*") selection.any = true;
  }
  if (selection.any) selection.types.clear();
  return selection;
}

PackHead parse_head(const Entry& entry, Diagnostics& out) {
  PackHead head;
  head.present = true;
  head.at = entry.key_at;
  if (!check_keys(entry.value, entry.key_at, kPackKeys, {"pack", "pack"}, out)) return head;
  head.id = read_text(entry.value, "id", out);
  head.title = read_sentence(entry.value, "title", out).plain();
  head.timezone = read_text(entry.value, "timezone", out);
  head.calendar = read_text(entry.value, "calendar", out);
  head.max_future = read_text(entry.value, "max_future", out);
  return head;
}

ListSyntax parse_list(const Entry& entry, Diagnostics& out) {
  auto list = named<ListSyntax>(entry);
  if (!entry.value.is_sequence()) {
    report(out, "R014", entry.value.at, {"列表应写成 [甲, 乙]", "a list is written [a, b]"},
           {"给各项加上方括号", "put its values in brackets"});
    return list;
  }
  list.values = read_texts(entry.value, out);
  return list;
}

ParamSyntax parse_param(const Entry& entry, Diagnostics& out) {
  auto param = named<ParamSyntax>(entry);
  if (!entry.value.is_map()) {
    param.value = text_of(entry.value, out);
    return param;
  }
  check_keys(entry.value, entry.key_at, kParamKeys,
             {"参数“" + param.name + "”", "param '" + param.name + "'"}, out);
  param.value = read_text(entry.value, "value", out);
  param.min = read_text(entry.value, "min", out);
  param.max = read_text(entry.value, "max", out);
  param.title = read_sentence(entry.value, "title", out).plain();
  return param;
}

MacroSyntax parse_macro(const Entry& entry, Diagnostics& out) {
  auto macro = named<MacroSyntax>(entry);
  macro.text = text_of(entry.value, out);
  return macro;
}

EventSyntax parse_event(const Entry& entry, Diagnostics& out) {
  auto event = named<EventSyntax>(entry);
  if (!check_keys(entry.value, entry.key_at, kEventKeys,
                  {"事件“" + event.name + "”", "event '" + event.name + "'"}, out)) {
    return event;
  }
  event.title = read_sentence(entry.value, "title", out).plain();
  const Node* fields = entry.value.find("fields");
  if (fields == nullptr || !check_map(*fields, {"“字段: 类型”", "fields with their types"}, out))
    return event;
  for (const Entry& field : fields->entries) event.fields.push_back(parse_field(field, out));
  std::sort(event.fields.begin(), event.fields.end(),
            [](const FieldSyntax& a, const FieldSyntax& b) { return a.name < b.name; });
  return event;
}

ItemSyntax parse_item(const Entry& entry, Diagnostics& out) {
  auto item = named<ItemSyntax>(entry);
  if (!check_keys(entry.value, entry.key_at, kItemKeys,
                  {"事项“" + item.name + "”", "item '" + item.name + "'"}, out)) {
    return item;
  }
  item.title = read_sentence(entry.value, "title", out).plain();
  item.key = read_text(entry.value, "key", out);
  item.due = read_text(entry.value, "due", out);
  if (const Entry* open = find_entry(entry.value, "open")) item.open = parse_selection(*open, out);
  if (const Entry* close = find_entry(entry.value, "close"))
    item.close = parse_selection(*close, out);
  const Entry* extend = find_entry(entry.value, "extend");
  if (extend == nullptr) return item;
  if (!extend->value.is_map()) {
    item.extend = parse_types(extend->value, out);
    return item;
  }
  check_keys(extend->value, extend->key_at, kExtendKeys, {"extend", "extend"}, out);
  if (const Node* event = extend->value.find("event")) item.extend = parse_types(*event, out);
  item.extend.where = read_text(extend->value, "where", out);
  item.extend_due = read_text(extend->value, "due", out);
  return item;
}

AttributeSyntax parse_attribute(const Entry& entry, Diagnostics& out) {
  auto attribute = named<AttributeSyntax>(entry);
  attribute.type =
      choose(text_of(entry.value, out), kAttributeTypes, {"属性类型", "type of attribute"}, out)
          .value_or(ValueType::dynamic);
  return attribute;
}

}  // namespace lianqing
