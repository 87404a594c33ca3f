// Writes JSON onto the end of a string, compactly, commas in their places. It trusts its caller for
// the nesting (a key before each member's value) and nobody for the text: control characters are
// escaped and bytes that are not UTF-8 become U+FFFD, so that what is written is always JSON.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "connectors/utf8.h"

namespace lianqing {

// How many bytes at the start of `text` stand in a JSON string as they are.
inline std::size_t plain_json_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<std::uint8_t>(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    const std::size_t length = utf8_character(text.substr(at));
    if (length <= 1) break;
    at += length;
  }
  return at;
}

// `text` in quotes, as a JSON string.
inline void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (;;) {
    const std::size_t plain = plain_json_prefix(text);
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    const auto c = static_cast<std::uint8_t>(text[plain]);
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
    text.remove_prefix(plain + 1);
  }
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

  // A member's name as a literal, of characters that need no escape: laid out when compiled.
  template <std::size_t N>
  JsonWriter& key(const char (&name)[N]) {
    char text[N + 3] = {',', '"'};
    std::memcpy(text + 2, name, N - 1);
    text[N + 1] = '"';
    text[N + 2] = ':';
    const std::size_t skipped = comma_ ? 0 : 1;
    out_.append(text + skipped, sizeof text - skipped);
    comma_ = false;
    return *this;
  }
  template <class Text>
  requires(!std::is_array_v<Text>) JsonWriter& key(const Text& name) {
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
  // Text that is known to need no escape: a time, a name of our own.
  JsonWriter& plain_string(std::string_view text) {
    separate();
    out_ += '"';
    out_.append(text.data(), text.size());
    out_ += '"';
    return *this;
  }
  // The text that `write` appends to the string it is given.
  template <class Write>
  JsonWriter& string_from(const Write& write) {
    separate();
    const std::size_t begin = out_.size();
    out_ += '"';
    write(out_);
    const std::size_t size = out_.size() - begin - 1;
    if (plain_json_prefix({out_.data() + begin + 1, size}) == size) {
      out_ += '"';
      return *this;
    }
    const std::string text = out_.substr(begin + 1);
    out_.resize(begin);
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
