#include "rules/names.h"

#include "rules/duration.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

std::vector<std::string> param_names(const Names& names) {
  std::vector<std::string> out;
  for (const auto& [name, index] : names.params) out.push_back(name);
  return out;
}

void report_no_span(const Text& text, const Names& names) {
  Bilingual advice{"例如 30d、12h、5 workdays，或一个参数名",
                   "such as 30d, 12h, 5 workdays or the name of a param"};
  if (const auto nearest = nearest_name(text.text, param_names(names)))
    advice = did_you_mean(*nearest);
  if (Number::parse(text.text)) {
    advice = {"写上单位，例如 " + text.text + "d", "write its unit, such as " + text.text + "d"};
  }
  report(names.out, "R023", text.at,
         {"“" + text.text + "”不是时长", "'" + text.text + "' is no length of time"},
         std::move(advice));
}

}  // namespace

const Param* Names::param(std::string_view name) const {
  const auto at = params.find(name);
  return at == params.end() ? nullptr : &program.params[at->second];
}

std::optional<Span> read_span(const Text& text, Names& names, SpanRules rules) {
  if (!text.present) return std::nullopt;
  std::optional<Span> span;
  if (const Param* param = names.param(text.text)) {
    names.used.insert(param->name);
    if (!param->is_span) {
      report(
          names.out, "R156", text.at,
          {"参数“" + param->name + "”不是时长", "param '" + param->name + "' is no length of time"},
          {"把它的值写成 30d 这样", "give it a value such as 30d"});
      return std::nullopt;
    }
    span = param->span;
  } else {
    span = text.text == "0" ? Span{} : parse_span(text.text);
  }
  if (!span) {
    report_no_span(text, names);
    return std::nullopt;
  }
  if (span->workdays && !rules.workdays) {
    report(names.out, "R170", text.at, {"此处不能用工作日", "working days cannot be used here"},
           {"改用天数，例如 7d", "use days, such as 7d"});
    return std::nullopt;
  }
  if (span->amount == 0 && rules.positive) {
    report(names.out, "R023", text.at,
           {"时长应大于零", "the length of time must be longer than nothing"}, {});
    return std::nullopt;
  }
  if (span->workdays && names.program.calendar.name.empty()) {
    report(names.out, "R169", text.at,
           {"用了工作日，但规则包没有日历", "working days are used, and the pack has no calendar"},
           {"在 pack 中加上 calendar: cn", "add calendar: cn to the section pack"});
  }
  return span;
}

std::optional<Number> read_constant_number(const Text& text, Names& names) {
  if (!text.present) return std::nullopt;
  if (const Param* param = names.param(text.text)) {
    names.used.insert(param->name);
    if (param->value.tag == CellTag::number)
      return Number::ratio(param->value.num, param->value.den);
  } else if (const auto number = Number::parse(text.text)) {
    return number;
  }
  report(names.out, "R015", text.at,
         {"此处应是数字或数值参数", "expected a number or a param that is one"});
  return std::nullopt;
}

Cell cell_of(const Text& text, Tables& tables) {
  if (!text.quoted) {
    if (text.text == "true" || text.text == "false")
      return {CellTag::boolean, 1, text.text == "true"};
    if (const auto number = Number::parse(text.text)) {
      return {CellTag::number, static_cast<std::uint32_t>(number->den()), number->num()};
    }
    if (const auto date = parse_date(text.text))
      return {CellTag::date, 1, date->time_since_epoch().count()};
  }
  return {CellTag::text, 1, tables.symbol(text.text)};
}

std::optional<Cell> read_cell(const Text& text, Names& names) {
  if (!text.present) return std::nullopt;
  const Param* param = text.quoted ? nullptr : names.param(text.text);
  if (param == nullptr) return cell_of(text, names.tables);
  names.used.insert(param->name);
  if (!param->is_span) return param->value;
  report(names.out, "R156", text.at,
         {"参数“" + param->name + "”是时长，此处应是值",
          "param '" + param->name + "' is a length of time, expected a value"},
         {});
  return std::nullopt;
}

ValueType type_of(const Cell& cell) {
  switch (cell.tag) {
    case CellTag::null: return ValueType::null;
    case CellTag::boolean: return ValueType::boolean;
    case CellTag::number: return ValueType::number;
    case CellTag::text: return ValueType::text;
    case CellTag::time: return ValueType::time;
    case CellTag::date: return ValueType::date;
    case CellTag::list: return ValueType::list;
  }
  return ValueType::dynamic;
}

ValueType type_of(FieldType type) {
  switch (type) {
    case FieldType::dynamic: return ValueType::dynamic;
    case FieldType::integer:
    case FieldType::decimal: return ValueType::number;
    case FieldType::text:
    case FieldType::code: return ValueType::text;
    case FieldType::boolean: return ValueType::boolean;
    case FieldType::date: return ValueType::date;
    case FieldType::time: return ValueType::time;
    case FieldType::list: return ValueType::list;
  }
  return ValueType::dynamic;
}

}  // namespace lianqing
