// What a place makes of levels: colours, duties; and the sources that must report.
#include <algorithm>
#include <array>

#include "rules/choices.h"
#include "rules/identifier.h"
#include "rules/parse_constructs.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

LabelSyntax read_label(const Node& node, Diagnostics& out) {
  LabelSyntax label;
  label.label = read_sentence(node, "label", out).plain();
  label.meaning = read_sentence(node, "meaning", out).plain();
  label.symbol = read_text(node, "symbol", out);
  return label;
}

void parse_shade(const Entry& entry, ColoursSyntax& colours, Diagnostics& out) {
  ShadeSyntax shade;
  shade.name = entry.key;
  shade.at = entry.key_at;
  const bool level = std::any_of(kLevelNames.begin(), kLevelNames.end(),
                                 [&](const auto& row) { return row.first == entry.key; });
  if (level) {
    report(out, "R019", entry.key_at,
           {"“" + entry.key + "”是级别，不能另作一种颜色",
            "'" + entry.key + "' is a level and cannot be an extra colour"},
           {"直接写在 colours 下", "write it under colours itself"});
    return;
  }
  if (!is_identifier(entry.key)) {
    check_name(entry.key, entry.key_at, out);
    return;
  }
  if (!check_keys(entry.value, entry.key_at, kShadeKeys,
                  {"颜色“" + entry.key + "”", "colour '" + entry.key + "'"}, out))
    return;
  const auto base =
      choose(read_text(entry.value, "base", out), kLevelNames, {"级别", "level"}, out);
  shade.base = base.value_or(Level::green);
  shade.label = read_label(entry.value, out);
  colours.shades.push_back(std::move(shade));
}

// The list under `key`, each element a map of `keys`.
std::vector<DutyStepSyntax> parse_steps(const Node& map, std::string_view key,
                                        std::string_view limit, std::span<const KeyRow> keys,
                                        Diagnostics& out) {
  std::vector<DutyStepSyntax> steps;
  const Node* list = map.find(key);
  if (list == nullptr) return steps;
  const std::string word(key), within(limit);
  if (!list->is_sequence()) {
    report(out, "R014", list->at, {word + " 应是列表", "'" + word + "' is a list"},
           {"写成 " + word + ": [{name, title, role, " + within + "}]",
            "write " + word + ": [{name, title, role, " + within + "}]"});
    return steps;
  }
  for (const Node& node : list->items) {
    if (!check_keys(node, node.at, keys, {"职责的一步", "a step of a duty"}, out)) continue;
    DutyStepSyntax step;
    step.name = read_text(node, "name", out);
    step.role = read_text(node, "role", out);
    step.limit = read_text(node, limit, out);
    step.title = read_sentence(node, "title", out).plain();
    const bool again = std::any_of(steps.begin(), steps.end(), [&](const DutyStepSyntax& other) {
      return other.name.text == step.name.text;
    });
    if (again && step.name.present) {
      report(out, "R019", step.name.at,
             {"步骤“" + step.name.text + "”写了两次", "step '" + step.name.text + "' stands twice"},
             {"删去一处，或另起一个名称", "remove one of them or give it another name"});
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

DutyLevelSyntax parse_duty_level(const Node& duty, Level level, Diagnostics& out) {
  DutyLevelSyntax syntax;
  const std::string key(name(level));
  const Node* node = duty.find(key);
  if (node == nullptr || !check_keys(*node, node->at, kDutyLevelKeys, {key, "'" + key + "'"}, out))
    return syntax;
  syntax.triage = read_flag(*node, "triage", out).value_or(false);
  syntax.observe = read_text(*node, "observe", out);
  syntax.extension = read_text(*node, "extension", out);
  syntax.steps = parse_steps(*node, "steps", "within", kDutyStepKeys, out);
  return syntax;
}

}  // namespace

ColoursSyntax parse_colours(const Entry& entry, Diagnostics& out) {
  ColoursSyntax colours;
  if (!check_keys(entry.value, entry.key_at, kColourKeys, {"colours", "colours"}, out))
    return colours;
  for (const auto& [word, level] : kLevelNames) {
    const Node* node = entry.value.find(word);
    const std::string key(word);
    if (node == nullptr || !check_keys(*node, node->at, kLabelKeys, {key, "'" + key + "'"}, out))
      continue;
    colours.labels[static_cast<std::size_t>(level)] = read_label(*node, out);
  }
  if (const Node* extra = entry.value.find("extra");
      extra != nullptr && check_map(*extra, {"“颜色: 内容”", "colours by name"}, out)) {
    for (const Entry& shade : extra->entries) parse_shade(shade, colours, out);
    std::sort(colours.shades.begin(), colours.shades.end(),
              [](const ShadeSyntax& a, const ShadeSyntax& b) { return a.name < b.name; });
  }
  const Node* flapping = entry.value.find("flapping");
  if (flapping == nullptr ||
      !check_keys(*flapping, flapping->at, kFlappingKeys, {"flapping", "flapping"}, out))
    return colours;
  colours.window = read_text(*flapping, "window", out);
  colours.high = read_text(*flapping, "high", out);
  colours.low = read_text(*flapping, "low", out);
  return colours;
}

namespace {

// Name, place and title, which all named constructs of a place have; false if it is not a map.
template <class Syntax>
bool parse_head(const Entry& entry, std::span<const KeyRow> keys, const Bilingual& kind,
                Syntax& syntax, Diagnostics& out) {
  syntax.name = entry.key;
  syntax.at = entry.key_at;
  const Bilingual what{kind.zh + "“" + entry.key + "”", kind.en + " '" + entry.key + "'"};
  if (!check_keys(entry.value, entry.key_at, keys, what, out)) return false;
  syntax.title = read_sentence(entry.value, "title", out).plain();
  return true;
}

}  // namespace

DutySyntax parse_duty(const Entry& entry, Diagnostics& out) {
  DutySyntax duty;
  if (!parse_head(entry, kDutyKeys, {"职责", "duty"}, duty, out)) return duty;
  for (const Level level : {Level::yellow, Level::red}) {
    duty.levels[static_cast<std::size_t>(level)] = parse_duty_level(entry.value, level, out);
  }
  duty.ladder = parse_steps(entry.value, "ladder", "after", kLadderKeys, out);
  return duty;
}

SourceSyntax parse_source(const Entry& entry, Diagnostics& out) {
  SourceSyntax source;
  if (!parse_head(entry, kSourceKeys, {"来源", "source"}, source, out)) return source;
  source.silent_after = read_text(entry.value, "silent_after", out);
  return source;
}

}  // namespace lianqing
