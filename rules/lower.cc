#include "rules/lower.h"

#include <algorithm>

#include "rules/measures/lowering.h"
#include "rules/report.h"
#include "rules/scope.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// Every field that some rule reads is known now: declared ones learn their slots.
void link_slots(Names& names) {
  for (EventType& type : names.program.types) {
    for (FieldCheck& field : type.fields) field.slot = names.tables.find_slot(field.name);
  }
}

std::vector<std::string> codes_of(const FieldSyntax& field, const Names& names) {
  std::vector<std::string> out;
  for (const Text& code : field.codes) out.push_back(code.text);
  if (const auto list = names.lists.find(field.codes_list.text); list != names.lists.end()) {
    for (const Cell& cell : list->second) {
      if (cell.tag == CellTag::text)
        out.push_back(names.program.symbols[static_cast<std::size_t>(cell.num)]);
    }
  }
  return out;
}

void check_code(const Expr& expr, const ExprNode& field_node, const Cell& cell, const ExprNode& at,
                const EventScope& scope, Names& names) {
  if (field_node.op != Op::field || cell.tag != CellTag::text) return;
  const FieldSyntax* field = scope.declared(names.program.slots[field_node.a].path);
  if (field == nullptr || field->type != FieldType::code) return;
  const std::vector<std::string> codes = codes_of(*field, names);
  const std::string& text = names.program.symbols[static_cast<std::size_t>(cell.num)];
  if (codes.empty() || std::find(codes.begin(), codes.end(), text) != codes.end()) return;
  const auto nearest = nearest_name(text, codes);
  report(names.out, "R173", node_span(expr, at),
         {"“" + text + "”不是字段“" + field->name + "”的代码，条件永远不成立",
          "'" + text + "' is no code of field '" + field->name + "': this never holds"},
         nearest ? did_you_mean(*nearest) : Bilingual{});
}

// Codes that a condition compares with but that the field can never have.
void check_codes(const Expr& expr, const EventScope& scope, Names& names) {
  for_compared(expr, [&](const ExprNode& field, const Cell& cell, const ExprNode& at) {
    check_code(expr, field, cell, at, scope, names);
  });
}

}  // namespace

std::vector<std::uint32_t> type_indices(const Selection& selection, const Names& names) {
  std::vector<std::uint32_t> out;
  for (const Text& type : selection.types) {
    if (const auto at = names.types.find(type.text); at != names.types.end())
      out.push_back(at->second);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::optional<CompiledExpr> compile_text(const Text& text, ExprScope& scope, bool condition,
                                         Names& names) {
  if (!text.present) return std::nullopt;
  auto compiled = compile_expression(text.text, text.inside, scope, names.out);
  if (!compiled || !condition) return compiled;
  if (compiled->type == ValueType::boolean || compiled->type == ValueType::dynamic) return compiled;
  const Bilingual type = type_name(compiled->type);
  if (!text.quoted && (text.text.starts_with("“") || text.text.starts_with("”"))) {
    report(names.out, "R010", text.at,
           {"条件外面用了中文引号，整段被当作文字",
            "Chinese quotation marks around a condition make it a text"},
           {"改为半角引号 \"…\"", "write ASCII quotation marks: \"...\""});
    return std::nullopt;
  }
  report(names.out, "R168", text.inside,
         {"条件应是真或假，此处是" + type.zh, "a condition is true or false; this is " + type.en},
         {"加上比较，例如 " + text.text + " >= 1", "compare it, such as " + text.text + " >= 1"});
  return std::nullopt;
}

std::uint32_t lower_where(const Text& text, const Selection& selection, Names& names) {
  if (!text.present) return kNone;
  EventScope scope(names, selection);
  auto compiled = compile_text(text, scope, true, names);
  if (!compiled) return kNone;
  check_codes(compiled->expr, scope, names);
  return names.tables.share(std::move(compiled->expr));
}

void add_measures(const Expr& expr, std::set<std::uint32_t>& out) {
  for (const ExprNode& node : expr.nodes) {
    if (node.op == Op::measure) out.insert(node.a);
  }
}

SourceSpan node_span(const Expr& expr, const ExprNode& node) {
  SourceSpan at = expr.at;
  if (at.length == 0) return at;
  const std::string_view before = std::string_view(expr.source).substr(0, node.begin);
  const std::string_view word =
      std::string_view(expr.source).substr(node.begin, node.end - node.begin);
  auto points = [](std::string_view text) {
    return static_cast<std::uint32_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  };
  at.column += points(before);
  at.length = std::max(1U, points(word));
  return at;
}

std::optional<SourceSpan> key_place(const Expr& expr) {
  for (const ExprNode& node : expr.nodes) {
    if (node.op == Op::key) return node_span(expr, node);
  }
  return std::nullopt;
}

Lowered lower(const PackSyntax& syntax, Program& program, Diagnostics& out) {
  Tables tables(program);
  Names names{syntax, program, tables, out, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  program.pack = syntax.head.id.text;
  program.title = syntax.head.title;
  lower_constants(names);
  if (const auto span =
          read_span(syntax.head.max_future, names, {.workdays = false, .positive = false})) {
    program.max_future = Duration{span->amount};
  }
  lower_events(names);
  lower_duties(names);
  MeasureTable measures(names);
  measures.lower_all();
  lower_rules(names, measures);
  lower_strata(names);
  link_slots(names);
  if (!has_error(out)) find_thresholds(program);
  return {std::move(names.used), std::move(names.used_items)};
}

}  // namespace lianqing
