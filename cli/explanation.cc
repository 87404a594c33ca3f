#include "cli/explanation.h"

#include "cli/calendar_words.h"
#include "cli/warning_json.h"
#include "cli/words.h"

namespace lianqing {
namespace {

std::string shown(const Fact& fact, bool chinese) {
  if (const auto* b = std::get_if<bool>(&fact)) return *b ? "true" : "false";
  if (const auto* n = std::get_if<Number>(&fact)) {
    return n->is_integer() ? n->to_string() : n->round(6).to_string();
  }
  if (const auto* s = std::get_if<std::string>(&fact)) return *s;
  return chinese ? "无数据" : "no data";
}

class Teller {
 public:
  Teller(const Warning& warning, const Program& program, Style style)
      : warning_(warning), program_(program), style_(style) {}

  std::string tell(Told told) {
    const bool changed = told != Told::standing;
    const std::string& title = warning_.title.in(style_.chinese);
    out_ += warning_.rule + (title.empty() ? "" : "  " + title) + "\n";
    line(say("单位", "unit"), warning_.unit);
    if (warning_.key) line(say("分组", "key"), *warning_.key);
    if (changed) {
      line(say("变化", "change"),
           painted(warning_.from, style_) + " → " + painted(warning_.to, style_) + ended());
      line(say("起因", "cause"), told == Told::backfilled ? backfilled() : cause());
    } else {
      line(say("级别", "level"), painted(warning_.to, style_) + grey());
    }
    line(say("时刻", "at"), local_text(program_, warning_.time) + " (" + program_.zone.name + ")");
    if (warning_.late_by) {
      line(say("迟报", "late by"),
           Number::from_micros(warning_.late_by->count()).to_string() + " s");
    }
    if (!warning_.because.empty())
      line(say("理由", "because"), warning_.because.in(style_.chinese));
    tell_values();
    tell_why();
    tell_evidence();
    tell_next();
    if (!warning_.duty.empty()) line(say("职责", "duty"), warning_.duty);
    if (!warning_.id.empty() && changed) line(say("编号", "id"), warning_.id);
    line(say("规则版本", "rules"), warning_.rules);
    return std::move(out_);
  }

 private:
  const char* say(const char* zh, const char* en) const { return style_.chinese ? zh : en; }

  void line(std::string_view label, const std::string& text) {
    out_ += "  " + std::string(label) + ": " + text + "\n";
  }

  std::string cause() const {
    return std::string(style_.chinese ? cause_word(warning_.cause) : cause_name(warning_.cause));
  }
  std::string backfilled() const {
    return say("启用规则（回溯 backfilled：新规则据既往记录得出，不通知任何人）",
               "activation of rules (backfilled: what the new rules make of the past; nobody is "
               "told)");
  }
  std::string ended() const {
    if (warning_.to >= warning_.from) return {};
    return warning_.revoked ? say(" （撤销）", " (revoked)") : say(" （解除）", " (cleared)");
  }
  std::string grey() const {
    if (warning_.missing_year != 0) {
      return say(" ○ 灰，级别保持：", " ○ grey, the level is kept: ") +
             missing_year_words(warning_.missing_year).in(style_.chinese);
    }
    return warning_.grey
               ? say(" ○ 灰：数据不足，级别保持", " ○ grey: not enough data, the level is kept")
               : "";
  }

  void tell_values() {
    if (warning_.values.empty()) return;
    line(say("指标", "values"), "");
    for (const NamedFact& value : warning_.values) {
      const Bilingual title = measure_title(program_, value.name);
      const std::string& words = title.in(style_.chinese);
      out_ += "    " + value.name + " = " + shown(value.value, style_.chinese) +
              (words.empty() ? "" : "   " + words) + "\n";
    }
  }

  void tell_why() {
    line(say("条件", "conditions"), "");
    for (const Clause& clause : warning_.why) {
      out_ += "    " + mark(clause.verdict) + " " + clause.name;
      if (!clause.length.empty()) {
        out_ += std::string(clause.name.ends_with("enter") ? say("，须持续 ", ", for ")
                                                           : say("，须保持 ", ", hold ")) +
                clause.length;
      }
      if (clause.since)
        out_ += std::string(say("，自 ", ", since ")) + local_text(program_, *clause.since);
      if (clause.null_operand) out_ += say("，缺数据", ", data missing");
      const std::string at = place(program_, clause.at);
      out_ += at.empty() ? "\n" : "   [" + at + "]\n";
      tell_node(clause.why, 6);
    }
  }

  void tell_node(const WhyNode& node, std::size_t indent) {
    out_ += std::string(indent, ' ') + mark(node.verdict) + " ";
    if (!node.is_leaf()) {
      out_ += joint(node.op) + "\n";
      for (const WhyNode& child : node.all) tell_node(child, indent + 2);
      return;
    }
    out_ += node.text + "   " + shown(node.value, style_.chinese);
    if (node.op != "is") out_ += " " + node.op + " " + shown(node.limit_value, style_.chinese);
    if (node.margin) {
      out_ += std::string(say("   余量 ", "   margin ")) + (node.margin->num() > 0 ? "+" : "") +
              shown(Fact{*node.margin}, style_.chinese);
    }
    out_ += "\n";
  }

  std::string joint(const std::string& op) const {
    if (op == "and") return say("须全部满足", "all of");
    if (op == "or") return say("满足其一", "any of");
    return say("须不成立", "not");
  }
  static std::string mark(bool verdict) { return verdict ? "✓" : "✗"; }

  void tell_evidence() {
    const Evidence& evidence = warning_.evidence;
    line(say("依据", "evidence"), std::to_string(evidence.total) + say(" 条", " event(s)"));
    for (const EvidenceWindow& window : evidence.windows) {
      out_ += "    " + window.measure + ": " + std::to_string(window.events) + say(" 条，", " in ");
      out_ += "(" + (window.from ? local_text(program_, *window.from) : std::string("…")) + ", " +
              local_text(program_, window.to) + "]\n";
    }
    if (evidence.events.empty()) return;
    out_ += "    ";
    for (std::size_t i = 0; i < evidence.events.size(); ++i)
      (out_ += i == 0 ? "" : ", ") += evidence.events[i];
    out_ += evidence.total > evidence.events.size() ? ", …\n" : "\n";
  }

  void tell_next() {
    line(say("怎样会变", "what would change it"), "");
    for (const Outlook& outlook : warning_.next) {
      out_ += "    - " + sentence(outlook, program_).in(style_.chinese) + "\n";
    }
  }

  const Warning& warning_;
  const Program& program_;
  Style style_;
  std::string out_;
};

}  // namespace

std::string painted(Level level, Style style) {
  const std::string text =
      std::string(level_symbol(level)) + " " + std::string(level_word(level, style.chinese));
  return style.colour ? std::string(level_colour(level)) + text + "\033[0m" : text;
}

std::string explanation(const Warning& warning, const Program& program, Told told, Style style) {
  return Teller(warning, program, style).tell(told);
}

}  // namespace lianqing
