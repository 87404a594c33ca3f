// Measures: the one aggregate among the keys of a node, and what stands beside it.
#include <algorithm>

#include "rules/parse_constructs.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

const Bilingual kMeasure{"指标", "a measure"};

std::vector<std::string> family_names() {
  std::vector<std::string> out;
  for (const MeasureFamily& family : kFamilies) out.emplace_back(family.key);
  return out;
}

const MeasureFamily* family_of(std::string_view key) {
  const auto* at = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                [&](const MeasureFamily& family) { return family.key == key; });
  return at == std::end(kFamilies) ? nullptr : at;
}

const OptionKey* option_of(std::string_view key) {
  const auto* at = std::find_if(std::begin(kOptionKeys), std::end(kOptionKeys),
                                [&](const OptionKey& option) { return option.key == key; });
  return at == std::end(kOptionKeys) ? nullptr : at;
}

bool goes_with_all(std::string_view key) {
  return std::any_of(std::begin(kMeasureKeys), std::end(kMeasureKeys),
                     [&](const KeyRow& row) { return row.name == key; });
}

// Some words are both: `count` beside `units` says how, `distinct` beside `warnings` what differs.
void drop_options(std::vector<const Entry*>& found) {
  const std::vector<const Entry*> all = found;
  std::erase_if(found, [&](const Entry* entry) {
    const OptionKey* option = option_of(entry->key);
    return option != nullptr && std::any_of(all.begin(), all.end(), [&](const Entry* other) {
             return family_of(other->key)->takes(option->option);
           });
  });
}

// The one aggregate among the keys, or nothing and a report.
const Entry* find_aggregate(const Entry& measure, Diagnostics& out) {
  std::vector<const Entry*> found;
  const Entry* stranger = nullptr;
  for (const Entry& entry : measure.value.entries) {
    if (family_of(entry.key) != nullptr) found.push_back(&entry);
    if (family_of(entry.key) == nullptr && option_of(entry.key) == nullptr &&
        !goes_with_all(entry.key))
      stranger = &entry;
  }
  if (found.size() > 1) drop_options(found);
  if (found.size() == 1) return found[0];
  if (found.size() > 1) {
    report(out, "R027", found[1]->key_at,
           {"一个指标只能有一种汇总，已有 " + found[0]->key,
            "a measure has one aggregate, and there is already '" + found[0]->key + "'"},
           {"拆成两个指标", "make two measures of it"});
  } else if (stranger != nullptr) {
    report_unknown_key(*stranger, family_names(), kMeasure, out);
  } else {
    report(out, "R027", measure.key_at,
           {"指标“" + measure.key + "”没有写汇总方式",
            "measure '" + measure.key + "' has no aggregate"},
           {"例如 {count: 事件类型, over: 30d}", "such as {count: EVENT_TYPE, over: 30d}"});
  }
  return nullptr;
}

void check_measure_keys(const Entry& measure, const MeasureFamily& family, Diagnostics& out) {
  std::vector<std::string> known{std::string(family.key)};
  for (const KeyRow& row : kMeasureKeys) known.emplace_back(row.name);
  for (const OptionKey& option : kOptionKeys) {
    if (family.takes(option.option)) known.emplace_back(option.key);
  }
  for (const Entry& entry : measure.value.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    if (option_of(entry.key) == nullptr) {
      report_unknown_key(entry, known, kMeasure, out);
      continue;
    }
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    const std::string key(family.key);
    report(out, "R029", entry.key_at,
           {entry.key + " 不能与 " + key + " 同用",
            "'" + entry.key + "' does not go with '" + key + "'"},
           {key + " 可用的键：" + all, "keys for '" + key + "': " + all});
  }
  for (const OptionKey& option : kOptionKeys) {
    if (!family.requires_option(option.option) || measure.value.find(option.key) != nullptr)
      continue;
    const std::string key(family.key), name(option.key);
    const bool any = option.example.empty();
    const std::string zh(any ? "…" : option.example), en(any ? "..." : option.example);
    report(out, "R013", measure.key_at,
           {key + " 需要“" + name + "”", "'" + key + "' needs '" + name + "'"},
           {"加上 “" + name + ": " + zh + "”", "add '" + name + ": " + en + "'"});
  }
}

// A, [A, B] or {type: A, where: expr} in place of a type.
Selection parse_step(const Node& node, Diagnostics& out) {
  if (!node.is_map()) return parse_types(node, out);
  check_keys(node, node.at, kStepKeys, {"序列的一步", "a step of a sequence"}, out);
  const Node* type = node.find("type");
  Selection step = type == nullptr ? Selection{} : parse_types(*type, out);
  step.at = node.at;
  step.where = read_text(node, "where", out);
  return step;
}

std::vector<Selection> parse_steps(const Node& node, Diagnostics& out) {
  std::vector<Selection> steps;
  if (!node.is_sequence()) {
    steps.push_back(parse_step(node, out));
  } else {
    for (const Node& item : node.items) steps.push_back(parse_step(item, out));
  }
  if (steps.size() == 1 || steps.size() == 2) return steps;
  report(out, "R042", node.at,
         {"序列应有一步或两步，这里有 " + std::to_string(steps.size()) + " 步",
          "a sequence has one or two steps, here are " + std::to_string(steps.size())},
         {"写成 [先, 后]；一步里有几种类型时再加一层方括号",
          "write [FIRST, SECOND]; put several types of one step in brackets of their own"});
  return {};
}

// The one of kRollUpKeys that stands beside `units`.
void parse_how(const Entry& entry, MeasureSyntax& measure, Diagnostics& out) {
  std::vector<const Entry*> found;
  for (const Entry& key : entry.value.entries) {
    for (const RollUpKey& row : kRollUpKeys) {
      if (key.key != row.key) continue;
      measure.how = row.how;
      found.push_back(&key);
    }
  }
  if (found.size() == 1) {
    measure.made = text_of(found[0]->value, out);
    return;
  }
  report(out, "R043", found.empty() ? measure.at : found[1]->key_at,
         {found.empty() ? "units 旁边要写明怎样汇总" : "units 旁边只能有一种汇总",
          found.empty() ? "beside 'units' stands what is made of them"
                        : "beside 'units' stands one of these, not two"},
         {"写 count: \"条件\"、share: \"条件\"、max: 指标 或 sum: 指标 之一",
          "write one of count: \"CONDITION\", share: \"CONDITION\", max: MEASURE, sum: MEASURE"});
}

}  // namespace

const MeasureFamily* family_of(const Node& measure) {
  std::vector<const Entry*> found;
  for (const Entry& entry : measure.entries) {
    if (family_of(std::string_view(entry.key)) != nullptr) found.push_back(&entry);
  }
  if (found.size() > 1) drop_options(found);
  return found.size() == 1 ? family_of(std::string_view(found[0]->key)) : nullptr;
}

bool goes_with(const MeasureFamily& family, std::string_view key) {
  const OptionKey* option = option_of(key);
  return key == family.key || goes_with_all(key) ||
         (option != nullptr && family.takes(option->option));
}

MeasureSyntax parse_measure(const Entry& entry, Diagnostics& out) {
  MeasureSyntax measure;
  measure.name = entry.key;
  measure.at = entry.key_at;
  if (!entry.value.is_map()) {
    report(out, entry.value.is_empty() ? "R032" : "R014", entry.value.at,
           {"指标应写成 {汇总: …}", "a measure is written {AGGREGATE: ...}"},
           {"例如 {count: 事件类型, over: 30d}；表达式写成 {value: \"…\"}",
            "such as {count: EVENT_TYPE, over: 30d}; an expression is {value: \"...\"}"});
    return measure;
  }
  const Node& node = entry.value;
  const Entry* aggregate = find_aggregate(entry, out);
  if (aggregate == nullptr) return measure;
  measure.family = family_of(aggregate->key);
  check_measure_keys(entry, *measure.family, out);
  measure.title = read_sentence(node, "title", out).plain();
  if (measure.family->subject == FamilySubject::types) {
    measure.of = parse_types(aggregate->value, out);
  } else if (measure.family->subject == FamilySubject::steps) {
    measure.steps = parse_steps(aggregate->value, out);
  } else {
    measure.subject = text_of(aggregate->value, out);
    if (const Node* of = node.find("of")) measure.of = parse_types(*of, out);
  }
  measure.where = read_text(node, "where", out);
  measure.over = read_text(node, "over", out);
  measure.offset = read_text(node, "offset", out);
  measure.per = read_text(node, "per", out);
  measure.empty = read_text(node, "empty", out);
  measure.margin = read_text(node, measure.family->takes(kTakesIn) ? "in" : "by", out);
  measure.q = read_text(node, "q", out);
  measure.half_life = read_text(node, "half_life", out);
  measure.every = read_text(node, "every", out);
  measure.on = read_text(node, "on", out);
  measure.within = read_text(node, "within", out);
  if (const Node* without = node.find("without")) measure.without = parse_step(*without, out);
  measure.stat = read_text(node, "stat", out);
  measure.among = read_text(node, "among", out);
  if (measure.family->takes(kTakesHow)) parse_how(entry, measure, out);
  if (const Node* rules = node.find("rules")) measure.covers = read_texts(*rules, out);
  measure.group = read_text(node, "group", out);
  if (measure.family->takes(kTakesDifferent)) measure.different = read_text(node, "distinct", out);
  measure.to_date = read_flag(node, "to_date", out).value_or(false);
  if (const Node* to_date = node.find("to_date")) measure.to_date_at = to_date->at;
  return measure;
}

}  // namespace lianqing
