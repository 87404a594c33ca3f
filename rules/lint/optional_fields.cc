// Conditions over events on fields that an event may lack: a comparison with what is missing is
// never true, so that "not this" leaves such events out as well.
#include <algorithm>
#include <set>

#include "rules/lint/lint.h"
#include "rules/lower.h"
#include "rules/report.h"

namespace lianqing {
namespace {

bool compares(Op op) {
  return op == Op::equal || op == Op::unequal || op == Op::less || op == Op::less_equal ||
         op == Op::greater || op == Op::greater_equal || op == Op::in;
}

class OptionalFields {
 public:
  OptionalFields(const LintSubject& subject, Diagnostics& out)
      : syntax_(subject.syntax), program_(subject.program), out_(out) {}

  // `types`: those over whose events the condition is.
  void look(std::uint32_t where, const std::vector<std::uint32_t>& types) {
    if (where == kNone) return;
    const Expr& expr = program_.exprs[where];
    walk(expr, types, expr.root(), false);
  }

 private:
  void walk(const Expr& expr, const std::vector<std::uint32_t>& types, std::uint32_t at,
            bool negated) {
    const ExprNode& node = expr.nodes[at];
    if (node.op == Op::logical_not) return walk(expr, types, node.a, !negated);
    if (node.op == Op::logical_and || node.op == Op::logical_or) {
      walk(expr, types, node.a, negated);
      return walk(expr, types, node.b, negated);
    }
    if (node.op == Op::field) return tell(expr, node, node, types, negated);
    if (!compares(node.op)) return;
    const bool excludes = node.op == Op::unequal || negated;
    for (const std::uint32_t side : {node.a, node.op == Op::in ? node.a : node.b})
      if (expr.nodes[side].op == Op::field) tell(expr, expr.nodes[side], node, types, excludes);
  }

  // A declared type whose events may lack the field; null if there is none.
  const EventType* lacking(const std::string& path, const std::vector<std::uint32_t>& types) const {
    for (const std::uint32_t index : types) {
      const EventType& type = program_.types[index];
      const bool may_lack = type.declared && std::any_of(type.fields.begin(), type.fields.end(),
                                                         [&](const FieldCheck& f) {
                                                           return f.name == path && !f.required;
                                                         });
      if (may_lack) return &type;
    }
    return nullptr;
  }

  void tell(const Expr& expr, const ExprNode& field, const ExprNode& whole,
            const std::vector<std::uint32_t>& types, bool excludes) {
    const std::string& path = program_.slots[field.a].path;
    const EventType* type = field.handled ? nullptr : lacking(path, types);
    if (type == nullptr) return;
    if (excludes) {
      std::string text = expr.source.substr(whole.begin, whole.end - whole.begin);
      if (whole.op != Op::unequal) text = "not (" + text + ")";
      report(out_, "R204", node_span(expr, whole),
             {"字段“" + path + "”可以缺：没有它的事件不会被“" + text + "”选中",
              "field '" + path + "' may be missing: an event without it is left out by '" + text +
                  "' as well"},
             {"要算上它们，写 " + path + " == null or ...；不算，写 has(" + path +
                  ") and ...；从不缺，声明 required: true",
              "to count them write " + path + " == null or ...; not to, has(" + path +
                  ") and ...; if it is never missing, declare required: true"});
      return;
    }
    if (!told_.insert({type->name, path}).second) return;
    const std::string text = expr.source.substr(whole.begin, whole.end - whole.begin);
    report(out_, "R205", declared_at(type->name, path, node_span(expr, field)),
           {"字段“" + path + "”可以缺，而条件“" + text + "”用到它：没有它的事件不符合条件",
            "field '" + path + "' may be missing, and '" + text +
                "' reads it: events without it do not match"},
           {"从不缺，就声明 required: true；有意如此，写 has(" + path + ") and ...",
            "if it is never missing, declare required: true; if this is meant, write has(" + path +
                ") and ..."});
  }

  SourceSpan declared_at(const std::string& type, const std::string& path,
                         const SourceSpan& otherwise) const {
    for (const EventSyntax& event : syntax_.events) {
      if (event.name != type) continue;
      for (const FieldSyntax& field : event.fields)
        if (field.name == path) return field.at;
    }
    return otherwise;
  }

  const PackSyntax& syntax_;
  const Program& program_;
  Diagnostics& out_;
  std::set<std::pair<std::string, std::string>> told_;
};

}  // namespace

void lint_optional_fields(const LintSubject& subject, Diagnostics& out) {
  const Program& program = subject.program;
  OptionalFields fields(subject, out);
  for (const Stream& stream : program.streams) {
    if (stream.source == StreamSource::events) {
      fields.look(stream.where, stream.types);
      fields.look(stream.flag, stream.types);
    } else if (stream.item != kNone) {
      fields.look(stream.where, program.items[stream.item].open);
    }
  }
  for (const Item& item : program.items) {
    fields.look(item.open_where, item.open);
    fields.look(item.close_where, item.close);
    fields.look(item.extend_where, item.extend);
  }
  for (const Measure& measure : program.measures) {
    if (measure.item != kNone) fields.look(measure.item_where, program.items[measure.item].open);
  }
  for (const Sequence& sequence : program.sequences) {
    for (const SequenceStep& step : sequence.steps) fields.look(step.where, step.types);
    if (sequence.without) fields.look(sequence.without->where, sequence.without->types);
  }
}

}  // namespace lianqing
