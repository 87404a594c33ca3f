#include "rules/yaml_advice.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace lianqing {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_word_byte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') ||
         (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The value of `key: value` on this line, or npos.
std::size_t value_start(std::string_view line) {
  const std::size_t colon = line.find(": ", content_start(line));
  if (colon == std::string_view::npos) return colon;
  return line.find_first_not_of(kBlanks, colon + 1);
}

bool is_comment(std::string_view line) {
  const std::size_t at = content_start(line);
  return at < line.size() && line[at] == '#';
}

std::optional<YamlAdvice> tab_indent(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos || first == std::string_view::npos || tab > first) return {};
  YamlAdvice out;
  out.code = "R009";
  out.column = tab;
  out.message = {"缩进用了制表符（Tab）", "a tab is used to indent"};
  out.suggestion = {"缩进请用空格，每层两个", "indent with blanks, two per level"};
  return out;
}

// The key-like word at the start of the line and what follows it.
std::optional<YamlAdvice> colon_trouble(std::string_view line) {
  const std::size_t start = content_start(line);
  std::size_t at = start;
  while (at < line.size() && is_word_byte(line[at]) && line.substr(at, 3) != "：") ++at;
  if (at == start || at >= line.size()) return {};
  YamlAdvice out;
  out.code = "R010";
  out.column = at;
  if (line.substr(at, 3) == "：") {
    out.bytes = 3;
    out.message = {"键后面用了全角冒号“：”", "a full-width colon '：' follows the key"};
    out.suggestion = {"改为半角冒号加空格 “: ”", "write ': ', an ASCII colon and a blank"};
    return out;
  }
  if (line[at] != ':' || at + 1 >= line.size() || kBlanks.find(line[at + 1]) != kBlanks.npos)
    return {};
  out.message = {"冒号后面缺少空格", "a blank is missing after the colon"};
  const std::string key(line.substr(start, at - start));
  out.suggestion = {"写成 “" + key + ": …”", "write '" + key + ": ...'"};
  return out;
}

std::optional<YamlAdvice> full_width(std::string_view line) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kTwins = {
      {{"，", ","}, {"｛", "{"}, {"｝", "}"}, {"［", "["}, {"］", "]"}, {"“", "\""}, {"”", "\""}}};
  for (const auto& [wide, ascii] : kTwins) {
    const std::size_t at = line.find(wide);
    if (at == std::string_view::npos) continue;
    YamlAdvice out;
    out.code = "R010";
    out.column = at;
    out.bytes = wide.size();
    const std::string w(wide), a(ascii);
    out.message = {"用了全角符号“" + w + "”",
                   "full-width '" + w + "' where YAML wants '" + a + "'"};
    out.suggestion = {"改为半角 " + a + "；若是文字内容，请给整段文字加引号",
                      "write '" + a + "', or put the whole text in quotes"};
    return out;
  }
  return {};
}

// `"due < "2026-03-05""`: the text ends where a quotation mark of its own kind begins.
std::optional<YamlAdvice> inner_quotes(std::string_view line) {
  bool open = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && open) ++at;
    if (at >= line.size() || line[at] != '"') continue;
    const bool can_open = at == 0 || std::string_view(" [{,:").find(line[at - 1]) != line.npos;
    if (!open) {
      open = can_open;
      continue;
    }
    open = false;
    if (at + 1 >= line.size() || !is_word_byte(line[at + 1])) continue;
    YamlAdvice out;
    out.column = at;
    out.message = {"引号里又用了同样的引号，文字到这里就结束了",
                   "a quotation mark of the same kind inside: the text ends here"};
    out.suggestion = {"里面用单引号，例如 \"category == 'slow'\"",
                      "use single ones inside, such as \"category == 'slow'\""};
    return out;
  }
  return {};
}

std::optional<YamlAdvice> needs_quotes(std::string_view line) {
  const std::size_t value = value_start(line);
  if (value == std::string_view::npos) return {};
  YamlAdvice out;
  out.column = value;
  out.suggestion = {"给整段文字加上引号", "put the whole text in quotes"};
  constexpr std::string_view kSpecial = "*&!@%`";
  const std::string first(line.substr(value, 1));
  if (kSpecial.find(line[value]) != kSpecial.npos) {
    out.message = {"文字不能以 " + first + " 开头", "a text cannot begin with '" + first + "'"};
    return out;
  }
  if (first == "{" || first == "[" || first == "'" || first == "\"") {
    const char close = first == "{" ? '}' : first == "[" ? ']' : first[0];
    const std::size_t end = line.find(close, value + 1);
    const std::size_t rest =
        end == std::string_view::npos ? end : line.find_first_not_of(kBlanks, end + 1);
    if (rest == std::string_view::npos || line[rest] == '#' || line[rest] == ',') return {};
    out.column = rest;
    const std::string shown(1, close);
    out.message = {"“" + shown + "” 之后多出了文字", "text after the closing '" + shown + "'"};
    return out;
  }
  const std::size_t second = line.find(": ", value);
  if (second == std::string_view::npos) return {};
  out.column = second;
  out.message = {"文字中有冒号加空格，会被当作另一个键",
                 "a colon and a blank inside a text look like another key"};
  return out;
}

// `*` not in quotes: `count: *`.
std::optional<YamlAdvice> bare_star(const SourceLines& lines, const YamlStop& stop) {
  if (stop.message.find("alias") == std::string::npos &&
      stop.message.find("anchor") == std::string::npos)
    return {};
  const std::string_view line = lines.line(stop.line);
  const std::size_t star = line.substr(0, stop.column + 1).find_last_of("*&");
  if (star == std::string_view::npos) return {};
  YamlAdvice out;
  out.line = stop.line;
  out.column = star;
  const std::string sign(line.substr(star, 1));
  out.message = {"文字不能以 " + sign + " 开头", "a text cannot begin with '" + sign + "'"};
  out.suggestion = {"加上引号：\"" + sign + "\"", "put it in quotes: \"" + sign + "\""};
  return out;
}

// The innermost bracket still open where the reader stopped.
std::optional<YamlAdvice> open_bracket(const SourceLines& lines, const YamlStop& stop) {
  if (stop.message.find("flow not found") == std::string::npos) return {};
  std::vector<YamlAdvice> open;
  for (std::size_t i = 0; i <= stop.line && i < lines.count(); ++i) {
    const std::string_view line = lines.line(i);
    const std::size_t end = i == stop.line ? std::min(stop.column, line.size()) : line.size();
    char quote = 0;
    for (std::size_t at = 0; at < end; ++at) {
      const char c = line[at];
      if (quote != 0) {
        if (c == '\\' && quote == '"') ++at;
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#' && (at == 0 || line[at - 1] == ' ')) {
        break;
      } else if (c == '{' || c == '[') {
        YamlAdvice advice;
        advice.line = i;
        advice.column = at;
        open.push_back(advice);
      } else if ((c == '}' || c == ']') && !open.empty()) {
        open.pop_back();
      }
    }
  }
  if (open.empty()) return {};
  YamlAdvice out = open.back();
  const std::string sign(lines.line(out.line).substr(out.column, 1)),
      other = sign == "{" ? "}" : "]";
  out.message = {"“" + sign + "” 没有对应的 “" + other + "”，或其中缺少逗号",
                 "'" + sign + "' without its '" + other + "', or a comma is missing inside"};
  out.suggestion = {
      "补上 " + other + " 或逗号；文字中有这些符号时加引号",
      "add the '" + other + "' or the comma; put a text that holds such signs in quotes"};
  return out;
}

}  // namespace

YamlAdvice advise(const SourceLines& lines, const YamlStop& stop) {
  const std::size_t line = stop.line;
  auto placed = [](YamlAdvice advice, std::size_t index) {
    advice.line = index;
    advice.at_known = true;
    return advice;
  };
  for (std::size_t i = 0; i <= line && i < lines.count(); ++i) {
    if (auto tab = tab_indent(lines.line(i))) return placed(*std::move(tab), i);
  }
  if (const auto star = bare_star(lines, stop)) return placed(*star, star->line);
  std::size_t before = line;
  while (before > 0) {  // the line before that is not empty
    --before;
    if (content_start(lines.line(before)) < lines.line(before).size()) break;
  }
  for (const auto check : {colon_trouble, full_width, inner_quotes, needs_quotes}) {
    for (const std::size_t i : {line, before}) {
      if (is_comment(lines.line(i))) continue;
      if (auto found = check(lines.line(i))) return placed(*std::move(found), i);
    }
  }
  if (const auto bracket = open_bracket(lines, stop)) return placed(*bracket, bracket->line);
  YamlAdvice out;
  if (stop.message.ends_with("of map not found") ||
      stop.message.ends_with("of sequence not found") || stop.message == "illegal map value") {
    out.suggestion = {
        "同一层的各行从同一列开始，每深一层多两个空格",
        "lines of one level begin in the same column, two blanks further in per level"};
  }
  return out;
}

Bilingual yaml_message(std::string_view message) {
  static constexpr std::array<std::pair<std::string_view, Bilingual (*)()>, 7> kKnown = {{
      {"illegal map value",
       [] {
         return Bilingual{"此处不能有冒号；检查缩进和上一行",
                          "a key cannot stand here; look at the indent and the line above"};
       }},
      {"end of map not found",
       [] {
         return Bilingual{"缩进与上面各行不一致", "the indent does not agree with the lines above"};
       }},
      {"end of sequence not found",
       [] {
         return Bilingual{"列表的缩进与上面各行不一致",
                          "the indent of this list does not agree with the lines above"};
       }},
      {"end of map flow not found",
       [] {
         return Bilingual{"“{” 没有对应的 “}”，或其中缺少逗号",
                          "'{' without its '}', or a comma is missing inside"};
       }},
      {"end of sequence flow not found",
       [] {
         return Bilingual{"“[” 没有对应的 “]”，或其中缺少逗号",
                          "'[' without its ']', or a comma is missing inside"};
       }},
      {"unknown token",
       [] {
         return Bilingual{"文字不能以这个符号开头，请加引号",
                          "a text cannot begin with this sign; put it in quotes"};
       }},
      {"illegal block entry",
       [] {
         return Bilingual{"此处不能有列表项（-）；检查缩进",
                          "a list entry (-) cannot stand here; look at the indent"};
       }},
  }};
  for (const auto& [text, known] : kKnown) {
    if (message == text) return known();
  }
  return {"不是合法的 YAML：" + std::string(message), "not valid YAML: " + std::string(message)};
}

}  // namespace lianqing
