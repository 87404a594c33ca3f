// Rules: levels, status, exceptions.
#include <algorithm>
#include <array>

#include "rules/choices.h"
#include "rules/parse_constructs.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

void parse_level(const Node& rule, Level level, RuleSyntax& syntax, Diagnostics& out) {
  const auto at = std::find_if(rule.entries.begin(), rule.entries.end(),
                               [&](const Entry& entry) { return entry.key == name(level); });
  if (at == rule.entries.end()) return;
  LevelSyntax& out_level = syntax.levels[static_cast<std::size_t>(level)];
  out_level.present = true;
  out_level.at = at->key_at;
  const Node& node = at->value;
  if (!node.is_map()) {
    out_level.enter = text_of(node, out);
    return;
  }
  const std::string key(name(level));
  check_keys(node, at->key_at, kLevelKeys, {key, "'" + key + "'"}, out);
  out_level.enter = read_text(node, "enter", out);
  out_level.exit = read_text(node, "exit", out);
  out_level.confirm = read_text(node, "for", out);
  out_level.hold = read_text(node, "hold", out);
  out_level.step_down = read_flag(node, "step_down", out);
}

void parse_exceptions(const Node& rule, RuleSyntax& syntax, Diagnostics& out) {
  const Node* list = rule.find("except");
  if (list == nullptr) return;
  if (!list->is_sequence()) {
    report(
        out, "R014", list->at, {"except 应是列表", "'except' is a list"},
        {"写成 except: [{unit, reason, by, until}]", "write except: [{unit, reason, by, until}]"});
    return;
  }
  for (const Node& node : list->items) {
    if (!check_keys(node, node.at, kExceptionKeys, {"例外", "an exception"}, out)) continue;
    syntax.exceptions.push_back({read_text(node, "unit", out), read_text(node, "reason", out),
                                 read_text(node, "by", out), read_text(node, "until", out)});
  }
}

RuleStatus parse_status(const Text& text, Diagnostics& out) {
  return choose(text, kStatus, {"状态", "status"}, out).value_or(RuleStatus::active);
}

void parse_show(const Entry& rule, RuleSyntax& syntax, Diagnostics& out) {
  const Node* show = rule.value.find("show");
  if (show == nullptr || !check_keys(*show, show->at, kShowKeys, {"show", "show"}, out)) return;
  for (const Level level : {Level::yellow, Level::red}) {
    syntax.shown_as[static_cast<std::size_t>(level)] = read_text(*show, name(level), out);
  }
}

}  // namespace

RuleSyntax parse_rule(const Entry& entry, Diagnostics& out) {
  RuleSyntax rule;
  rule.name = entry.key;
  rule.at = entry.key_at;
  const Node& node = entry.value;
  if (!check_keys(node, entry.key_at, kRuleKeys,
                  {"规则“" + rule.name + "”", "rule '" + rule.name + "'"}, out))
    return rule;
  rule.title = read_sentence(node, "title", out).plain();
  rule.basis = read_sentence(node, "basis", out).plain();
  const Sentence because = read_sentence(node, "because", out);
  rule.because_zh = because.zh;
  rule.because_en = because.en;
  rule.group = read_text(node, "group", out);
  rule.owner = read_text(node, "owner", out);
  rule.duty = read_text(node, "duty", out);
  rule.needs = read_text(node, "needs", out);
  rule.from = read_text(node, "from", out);
  rule.to = read_text(node, "to", out);
  rule.status = parse_status(read_text(node, "status", out), out);
  rule.step_down = read_flag(node, "step_down", out).value_or(false);
  parse_level(node, Level::yellow, rule, out);
  parse_level(node, Level::red, rule, out);
  parse_exceptions(node, rule, out);
  parse_show(entry, rule, out);
  if (!rule.levels[1].present && !rule.levels[2].present) {
    report(out, "R030", rule.at,
           {"规则“" + rule.name + "”没有黄色或红色条件",
            "rule '" + rule.name + "' has neither yellow nor red"},
           {"加上 yellow: \"条件\" 或 red: \"条件\"",
            "add yellow: \"condition\" or red: \"condition\""});
  }
  return rule;
}

}  // namespace lianqing
