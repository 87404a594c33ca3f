// Writes JSON onto the end of a string, compactly, commas in their places. It trusts its caller for
// the nesting (a key before each member's value) and nobody for the text: control characters are
// escaped and bytes that are not UTF-8 become U+FFFD, so that what is written is always JSON.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/utf8.h"

namespace lianqing {

// `text` in quotes, as a JSON string.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // where the run not yet copied begins
  const auto copy_run = [&](std::size_t end) { out.append(text, plain, end - plain); };
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<std::uint8_t>(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    const std::size_t length = utf8_character(text.substr(at));
    if (length > 1) {
      at += length;
      continue;
    }
    copy_run(at);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (c < 0x20) {
          out += "\\u00";
          out += kHex[c >> 4];
          out += kHex[c & 15];
        } else {
          out += "\xEF\xBF\xBD";  // U+FFFD, one for each bad byte
        }
    }
    plain = ++at;
  }
  copy_run(text.size());
  out += '"';
}

// The same as a text of its own.
inline std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

class JsonWriter {
 public:
  // Appends to `out`, which outlives the writer and is not touched by others meanwhile.
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  JsonWriter& string(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
  }
  JsonWriter& integer(std::int64_t value) { return digits(value); }
  JsonWriter& unsigned_integer(std::uint64_t value) { return digits(value); }
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  // Text that is JSON already: a number (Number::to_string) or a value written elsewhere.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }

 private:
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  template <class Integer>
  JsonWriter& digits(Integer value) {
    char text[24];
    return raw({text, std::to_chars(text, text + sizeof text, value).ptr});
  }

  std::string& out_;
  bool comma_ = false;  // a value came before on this level
};

}  // namespace lianqing
