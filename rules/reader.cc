#include "rules/reader.h"

#include <algorithm>
#include <array>

#include "rules/identifier.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

Bilingual kind_name(const Node& node) {
  if (node.is_map()) return {"一组键", "a map of keys"};
  if (node.is_sequence()) return {"列表", "a list"};
  return node.is_empty() ? Bilingual{"空", "nothing"} : Bilingual{"文字", "a text"};
}

void report_kind(const Node& node, const Bilingual& wanted, Diagnostics& out,
                 Bilingual advice = {}) {
  const Bilingual found = kind_name(node);
  report(out, node.is_empty() ? "R032" : "R014", node.at,
         {"此处应是" + wanted.zh + "，实为" + found.zh,
          "expected " + wanted.en + ", found " + found.en},
         std::move(advice));
}

}  // namespace

std::vector<std::string> key_names(std::span<const KeyRow> keys) {
  std::vector<std::string> out;
  for (const KeyRow& row : keys) out.emplace_back(row.name);
  return out;
}

std::optional<std::string> nearest_word(const std::string& word,
                                        const std::vector<std::string>& known) {
  static constexpr Synonym kSynonyms[] = {{"average", "avg"},
                                          {"mean", "avg"},
                                          {"total", "sum"},
                                          {"unique", "distinct"},
                                          {"newest", "last"},
                                          {"latest", "last"},
                                          {"oldest", "first"},
                                          {"percentile", "quantile"},
                                          {"std", "stddev"},
                                          {"late", "overdue"},
                                          {"integer", "int"},
                                          {"float", "decimal"},
                                          {"double", "decimal"},
                                          {"text", "string"},
                                          {"boolean", "bool"},
                                          {"enum", "code"},
                                          {"datetime", "time"},
                                          {"timestamp", "time"},
                                          {"array", "list"},
                                          {"name", "title"},
                                          {"description", "title"},
                                          {"window", "over"},
                                          {"within", "over"},
                                          {"filter", "where"},
                                          {"if", "where"},
                                          {"group_by", "per"},
                                          {"by", "per"},
                                          {"condition", "enter"},
                                          {"when", "enter"},
                                          {"message", "because"},
                                          {"reason", "because"},
                                          {"default", "empty"},
                                          {"tz", "timezone"},
                                          {"enabled", "status"},
                                          {"law", "basis"},
                                          {"条件", "where"},
                                          {"标题", "title"},
                                          {"黄", "yellow"},
                                          {"红", "red"}};
  std::vector<std::string> words = known;
  auto is_known = [&](std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.written == word && is_known(synonym.meant)) return std::string(synonym.meant);
    if (is_known(synonym.meant) && synonym.written.size() > 4) words.emplace_back(synonym.written);
  }
  const auto nearest = nearest_name(word, words);
  if (!nearest || is_known(*nearest)) return nearest;
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.written == *nearest && is_known(synonym.meant)) return std::string(synonym.meant);
  }
  return std::nullopt;
}

void report_unknown_key(const Entry& entry, const std::vector<std::string>& known,
                        const Bilingual& what, Diagnostics& out) {
  const std::size_t ascii = entry.key.find(':'), wide = entry.key.find("：");
  if (ascii != std::string::npos || wide != std::string::npos) {
    const std::string word = entry.key.substr(0, std::min(ascii, wide));
    report(out, "R010", entry.key_at,
           {"“" + entry.key + "”被当作一个键", "'" + entry.key + "' is read as one key"},
           {"冒号要用半角，后面加空格：" + word + ": …",
            "a colon must be ASCII, with a blank after it: " + word + ": ..."});
    return;
  }
  Bilingual advice;
  if (entry.value.is_empty() && entry.key.find(' ') != std::string::npos) {
    advice = {"文字里有逗号时请加引号", "put a text with a comma in quotes"};
  } else if (const auto nearest = nearest_word(entry.key, known)) {
    advice = did_you_mean(*nearest);
  } else {
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    if (!all.empty()) advice = {"可用的键：" + all, "known keys: " + all};
  }
  report(out, "R012", entry.key_at,
         {what.zh + "中没有“" + entry.key + "”这个键",
          "unknown key '" + entry.key + "' in " + what.en},
         std::move(advice));
}

bool check_map(const Node& node, const Bilingual& what, Diagnostics& out) {
  if (node.is_map()) return true;
  if (!node.is_empty())
    report_kind(node, what, out,
                {"写成“名称: 内容”，每行一项", "write 'name: content', one per line"});
  return false;
}

bool check_keys(const Node& node, const SourceSpan& owner, std::span<const KeyRow> keys,
                const Bilingual& what, Diagnostics& out) {
  if (!node.is_map() && !node.is_empty()) {
    const std::string all = [&] {
      std::string text;
      for (const KeyRow& row : keys) text += (text.empty() ? "" : ", ") + std::string(row.name);
      return text;
    }();
    report_kind(node, {what.zh + "的各个键", "the keys of " + what.en}, out,
                {"可用的键：" + all, "known keys: " + all});
    return false;
  }
  const std::vector<std::string> known = key_names(keys);
  for (const Entry& entry : node.entries) {
    if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
      report_unknown_key(entry, known, what, out);
    }
  }
  for (const KeyRow& row : keys) {
    if (!row.required || node.find(row.name) != nullptr) continue;
    const std::string name(row.name);
    report(out, "R013", owner, {what.zh + "缺少“" + name + "”", what.en + " needs '" + name + "'"},
           {"加上 “" + name + ": …”", "add '" + name + ": ...'"});
  }
  return true;
}

Text text_of(const Node& node, Diagnostics& out) {
  Text text;
  if (!node.is_scalar() || node.is_empty()) {
    report_kind(node, {"文字", "a text"}, out,
                node.is_map() ? Bilingual{"以 { 开头的文字请加引号",
                                          "put a text that begins with { in quotes"}
                              : Bilingual{});
    return text;
  }
  text.present = true;
  text.quoted = node.quoted;
  text.text = node.text;
  text.at = node.at;
  text.inside = node.inside;
  return text;
}

Text read_text(const Node& map, std::string_view key, Diagnostics& out) {
  const Node* node = map.find(key);
  return node == nullptr ? Text{} : text_of(*node, out);
}

std::optional<Number> read_number(const Node& map, std::string_view key, Diagnostics& out) {
  const Text text = read_text(map, key, out);
  if (!text.present) return std::nullopt;
  const auto number = text.quoted ? std::nullopt : Number::parse(text.text);
  if (!number) {
    report(out, "R015", text.at, {"此处应是数字", "expected a number"},
           text.quoted && Number::parse(text.text) ? Bilingual{"去掉引号", "take the quotes away"}
                                                   : Bilingual{});
  }
  return number;
}

std::optional<bool> read_flag(const Node& map, std::string_view key, Diagnostics& out) {
  const Text text = read_text(map, key, out);
  if (!text.present) return std::nullopt;
  if (!text.quoted && text.text == "true") return true;
  if (!text.quoted && text.text == "false") return false;
  static constexpr std::array kYes = {"yes", "Yes", "YES",  "on",   "On", "ON",
                                      "y",   "Y",   "True", "TRUE", "1",  "是"};
  const bool yes =
      std::find(kYes.begin(), kYes.end(), text.text) != kYes.end() || text.text == "true";
  const std::string word = yes ? "true" : "false";
  report(out, "R016", text.at, {"此处应是 true 或 false", "expected true or false"},
         {"写 " + word, "write " + word});
  return std::nullopt;
}

namespace {

// `[甲，乙]` is a list of one text.
void check_commas(const Text& text, Diagnostics& out) {
  for (const std::string_view comma : {"，", "、"}) {
    if (text.quoted || text.text.find(comma) == std::string::npos) continue;
    const std::string sign(comma);
    report(out, "R010", text.at,
           {"列表里用了“" + sign + "”，整段被当作一项",
            "'" + sign + "' does not divide a list: this is read as one text"},
           {"改为半角逗号加空格；若本来就是一项，请加引号",
            "write an ASCII comma and a blank; if it is one text, put it in quotes"});
    return;
  }
}

}  // namespace

std::vector<Text> read_texts(const Node& node, Diagnostics& out) {
  std::vector<Text> texts;
  if (!node.is_sequence()) {
    if (Text text = text_of(node, out); text.present) texts.push_back(std::move(text));
    return texts;
  }
  for (const Node& item : node.items) {
    Text text = text_of(item, out);
    if (!text.present) continue;
    check_commas(text, out);
    texts.push_back(std::move(text));
  }
  return texts;
}

Sentence read_sentence(const Node& map, std::string_view key, Diagnostics& out) {
  Sentence sentence;
  const Node* node = map.find(key);
  if (node == nullptr) return sentence;
  if (!node->is_map()) {
    sentence.zh = sentence.en = text_of(*node, out);
    return sentence;
  }
  check_keys(*node, node->at, kTextKeys, {"双语文字", "a text in two languages"}, out);
  sentence.zh = read_text(*node, "zh", out);
  sentence.en = read_text(*node, "en", out);
  return sentence;
}

void report_choice(const Text& text, const Bilingual& what, const std::vector<std::string>& known,
                   Diagnostics& out) {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const auto nearest = nearest_word(text.text, known);
  report(out, "R022", text.at,
         {"没有“" + text.text + "”这种" + what.zh, "unknown " + what.en + " '" + text.text + "'"},
         nearest ? did_you_mean(*nearest) : Bilingual{"可用：" + all, "known: " + all});
}

bool check_name(const std::string& name, const SourceSpan& at, Diagnostics& out) {
  static constexpr std::array kReserved = {
      "and",        "or",       "not",      "in",   "true",  "false", "null", "或",
      "且",         "非",       "key",      "unit", "event", "size",  "has",  "matches",
      "startsWith", "endsWith", "contains", "min",  "max",   "abs",   "round"};
  if (!is_identifier(name)) {
    report(out, "R017", at, {"“" + name + "”不能作名称", "'" + name + "' cannot be a name"},
           {"名称由文字、数字和下划线组成，不能以数字开头",
            "letters of any script, digits and _, not beginning with a digit"});
    return false;
  }
  if (std::find(kReserved.begin(), kReserved.end(), name) == kReserved.end()) return true;
  report(out, "R018", at,
         {"“" + name + "”是规则语言的保留字", "'" + name + "' is a word of the rule language"},
         {"换一个名称，例如 " + name + "_1", "take another name, such as " + name + "_1"});
  return false;
}

}  // namespace lianqing
