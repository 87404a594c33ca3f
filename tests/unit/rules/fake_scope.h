// A small pack for tests of expressions: what its names mean, and an expression as readable text.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "rules/expression.h"

namespace lianqing::testing {

class FakeScope : public ExprScope {
 public:
  std::optional<NamedValue> find(std::string_view name, const SourceSpan& at) override {
    places.push_back(at);
    if (name == "forbidden" && findings != nullptr) {
      findings->push_back({"R150", Severity::error, at, {"禁止", "forbidden"}, {}});
      return std::nullopt;
    }
    const auto found = values.find(std::string(name));
    if (found == values.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::vector<Cell>> find_list(std::string_view name) override {
    if (name == "hot") return std::vector<Cell>{text_cell("letter"), text_cell("petition")};
    if (name == "sizes") return std::vector<Cell>{{CellTag::number, 1, 1}, {CellTag::number, 1, 2}};
    return std::nullopt;
  }
  std::optional<std::string> find_macro(std::string_view name) override {
    const auto found = macros.find(std::string(name));
    if (found == macros.end()) return std::nullopt;
    return found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> out{"hot", "sizes"};
    for (const auto& [name, value] : values) out.push_back(name);
    return out;
  }
  Symbol intern(std::string_view text) override {
    const auto at = std::find(symbols.begin(), symbols.end(), text);
    if (at == symbols.end()) symbols.emplace_back(text);
    return static_cast<Symbol>(std::find(symbols.begin(), symbols.end(), text) - symbols.begin());
  }
  std::uint32_t pattern(std::string_view re2_text) override {
    patterns.emplace_back(re2_text);
    return static_cast<std::uint32_t>(patterns.size() - 1);
  }
  Cell text_cell(std::string_view text) { return {CellTag::text, 1, intern(text)}; }

  std::map<std::string, NamedValue> values = {
      {"a", {Op::measure, 0, ValueType::number}},
      {"b", {Op::measure, 1, ValueType::number}},
      {"complaints_30d", {Op::measure, 2, ValueType::number}},
      {"近30日投诉", {Op::measure, 3, ValueType::number}},
      {"黄线", {Op::param, 0, ValueType::number}},
      {"limit", {Op::param, 1, ValueType::number}},
      {"category", {Op::field, 0, ValueType::text}},
      {"place.district", {Op::field, 1, ValueType::text}},
      {"severity", {Op::field, 2, ValueType::number}},
      {"urgent", {Op::field, 3, ValueType::boolean}},
      {"due", {Op::field, 4, ValueType::date}},
      {"seen", {Op::field, 5, ValueType::time}},
      {"tags", {Op::field, 6, ValueType::list}},
      {"free", {Op::field, 7, ValueType::dynamic}},
      {"event.source", {Op::event_attr, 1, ValueType::text}},
      {"unit.staff_count", {Op::unit_attr, 0, ValueType::number}},
      {"key", {Op::key, 0, ValueType::text}},
      {"caf\u00E9", {Op::measure, 4, ValueType::number}},
  };
  std::map<std::string, std::string> macros = {
      {"busy", "a > 3 or b > 3"}, {"wrong", "a > nothing"},   {"broken", "a > "},
      {"self", "self or a > 1"},  {"twice", "busy and busy"},
  };
  std::vector<std::string> symbols, patterns;
  std::vector<SourceSpan> places;
  Diagnostics* findings = nullptr;
};

// Prefix form; `~` marks what is guarded.
class ExprPrinter {
 public:
  ExprPrinter(const Expr& expr, const FakeScope& scope) : expr_(expr), scope_(scope) {}
  std::string print() const { return node(expr_.root()); }

 private:
  std::string cell(const Cell& cell) const {
    switch (cell.tag) {
      case CellTag::null: return "null";
      case CellTag::boolean: return cell.num != 0 ? "true" : "false";
      case CellTag::number: return Number::ratio(cell.num, cell.den).to_string();
      case CellTag::text: return "'" + scope_.symbols.at(static_cast<std::size_t>(cell.num)) + "'";
      case CellTag::time: return "time:" + format_rfc3339(instant(cell.num));
      case CellTag::date: return "date:" + format_date(Date{std::chrono::days{cell.num}});
      case CellTag::list: break;
    }
    return "?";
  }
  std::string leaf(const ExprNode& node) const {
    for (const auto& [name, value] : scope_.values) {
      if (value.op == node.op && value.index == node.a) return name;
    }
    return "?";
  }
  std::string node(std::uint32_t index) const {
    const ExprNode& at = expr_.nodes.at(index);
    if (at.op == Op::constant) return cell(expr_.constants.at(at.a));
    if (at.op >= Op::param && at.op <= Op::key) return leaf(at);
    if (at.op == Op::list) {
      std::string out = "[";
      for (std::uint32_t i = 0; i < at.b; ++i) {
        out += (i == 0 ? "" : " ") + cell(expr_.constants.at(at.a + i));
      }
      return out + "]";
    }
    static constexpr const char* kSigns[] = {
        "",    "",    "",    "",      "",        "",           "",         "",        "and",
        "or",  "not", "neg", "==",    "!=",      "<",          "<=",       ">",       ">=",
        "in",  "+",   "-",   "*",     "/",       "%",          "?:",       "has",     "size",
        "abs", "min", "max", "round", "matches", "startsWith", "endsWith", "contains"};
    std::string out = "(" + std::string(kSigns[static_cast<int>(at.op)]) + (excused(at) ? "~" : "");
    out += " " + node(at.a);
    if (at.op == Op::matches) return out + " /" + scope_.patterns.at(at.b) + "/)";
    for (const std::uint32_t child : {at.b, at.c}) {
      if (child != kNone) out += " " + node(child);
    }
    return out + ")";
  }

  // A comparison or connective none of whose own operands can surprise by being null.
  bool excused(const ExprNode& at) const {
    const bool connective = at.op >= Op::logical_and && at.op <= Op::logical_not;
    const bool comparison = at.op >= Op::equal && at.op <= Op::in;
    if (!connective && !comparison && at.op != Op::choose) return false;
    bool any = false;
    for (const std::uint32_t child : {at.a, at.op == Op::choose ? kNone : at.b}) {
      if (child == kNone) continue;
      const ExprNode& operand = expr_.nodes.at(child);
      if (operand.op == Op::constant && expr_.constants.at(operand.a).tag == CellTag::null)
        return false;
      const bool judged = (operand.op >= Op::logical_and && operand.op <= Op::logical_not) ||
                          (operand.op >= Op::equal && operand.op <= Op::in) ||
                          operand.op == Op::has;
      if (judged) continue;
      if (!operand.handled) return false;
      any =
          any || (operand.op != Op::constant && operand.op != Op::list && operand.op != Op::param);
    }
    return any;
  }

  const Expr& expr_;
  const FakeScope& scope_;
};

// "code column+length: English message | English suggestion", a line each.
inline std::string render(const Diagnostics& findings) {
  std::string out;
  for (const Diagnostic& d : findings) {
    out += d.code + " " + std::to_string(d.at.column) + "+" + std::to_string(d.at.length) + ": " +
           d.message.en + (d.suggestion.en.empty() ? "" : " | " + d.suggestion.en) + "\n";
  }
  return out;
}

}  // namespace lianqing::testing
