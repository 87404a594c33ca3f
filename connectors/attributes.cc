#include "connectors/attributes.h"

#include "connectors/json_writer.h"

namespace lianqing {
namespace {

constexpr std::string_view kRecorded = "recordedtime";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Behind the string whose opening quote is at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// A name may be written with escapes; ours have only ASCII letters, so \u00XX is all there is to
// it.
bool is_name(std::string_view quoted, std::string_view name) {
  std::string plain;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      plain += quoted[i];
    } else if (quoted.substr(i, 4) == "\\u00" && i + 6 < quoted.size()) {
      const auto digit = [](char c) { return (c & 15) + (c > '9' ? 9 : 0); };
      plain += static_cast<char>(digit(quoted[i + 4]) * 16 + digit(quoted[i + 5]));
      i += 5;
    } else {
      return false;
    }
  }
  return plain == name;
}

struct ByteSpan {
  std::size_t from = 0, to = 0;
};

// The value of the top-level member of this name; empty: none.
ByteSpan find_value(std::string_view text, std::string_view name) {
  int depth = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c != '"') {
      ++at;
      continue;
    }
    const std::size_t end = string_end(text, at);
    const bool ours = depth == 1 && is_name(text.substr(at, end - at), name);
    at = end;
    if (!ours) continue;
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at >= text.size() || text[at] != ':') continue;  // a value that reads like the name
    for (++at; at < text.size() && is_blank(text[at]);) ++at;
    if (text[at] == '"') return {at, string_end(text, at)};
    return {at, at + 4};  // null is all else that decode() takes here
  }
  return {};
}

std::string with_first(std::string_view record, std::string_view name, std::string_view value) {
  std::string out(record);
  return out.insert(record.find('{') + 1,
                    '"' + std::string(name) + "\":" + std::string(value) + ',');
}

}  // namespace

std::string with_recorded_time(std::string_view record, Instant recorded) {
  const std::string time = '"' + format_rfc3339(recorded) + '"';
  std::string out(record);
  if (const ByteSpan value = find_value(record, kRecorded); value.to > value.from) {
    const std::string_view old = record.substr(value.from, value.to - value.from);
    if (old.size() > 2 && parse_rfc3339(old.substr(1, old.size() - 2)) == recorded) return out;
    return out.replace(value.from, value.to - value.from, time);
  }
  return with_first(record, kRecorded, time);
}

std::string with_source(std::string_view record, std::string_view source) {
  const std::string text = json_string(source);
  const ByteSpan value = find_value(record, "source");
  if (value.to == value.from) return with_first(record, "source", text);
  std::string out(record);
  if (out[value.from] != 'n') return out;
  return out.replace(value.from, value.to - value.from, text);
}

}  // namespace lianqing
