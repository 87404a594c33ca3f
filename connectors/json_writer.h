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

// Whether each of the eight bytes stands in a JSON string as it is and is ASCII.
inline bool is_plain_json(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kTops = kOnes << 7;
  const auto zero = [](std::uint64_t x) { return (x - kOnes) & ~x; };  // the top bit of a zero byte
  const std::uint64_t low = bytes - kOnes * 0x20;  // a borrow comes from a byte that is low itself
  return ((bytes | low | zero(bytes ^ kOnes * '"') | zero(bytes ^ kOnes * '\\')) & kTops) == 0;
}

// How many bytes at the start of `text` stand in a JSON string as they are.
inline std::size_t plain_json_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::uint64_t eight = 0; text.size() - at >= sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (is_plain_json(eight)) {
        at += sizeof eight;
        continue;
      }
    }
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

// `text` in quotes, as a JSON string. Text: std::string, or what can be appended to as to one.
template <class Text>
void append_json_string(Text& out, std::string_view text) {
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

template <class Text>
class JsonWriterOn {
 public:
  // Appends to `out`, which outlives the writer and is not touched by others meanwhile.
  explicit JsonWriterOn(Text& out) : out_(out) {}

  JsonWriterOn& begin_object() { return open('{'); }
  JsonWriterOn& end_object() { return close('}'); }
  JsonWriterOn& begin_array() { return open('['); }
  JsonWriterOn& end_array() { return close(']'); }

  // A member's name as a literal, of characters that need no escape: laid out when compiled.
  template <std::size_t N>
  JsonWriterOn& key(const char (&name)[N]) {
    char text[N + 3] = {',', '"'};
    std::memcpy(text + 2, name, N - 1);
    text[N + 1] = '"';
    text[N + 2] = ':';
    const std::size_t skipped = comma_ ? 0 : 1;
    out_.append(text + skipped, sizeof text - skipped);
    comma_ = false;
    return *this;
  }
  template <class Name>
  requires(!std::is_array_v<Name>) JsonWriterOn& key(const Name& name) {
    separate();
    append_json_string(out_, name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  JsonWriterOn& string(std::string_view text) {
    separate();
    append_json_string(out_, text);
    return *this;
  }
  // Text that is known to need no escape: a time, a name of our own.
  JsonWriterOn& plain_string(std::string_view text) {
    separate();
    out_ += '"';
    out_.append(text.data(), text.size());
    out_ += '"';
    return *this;
  }
  // The text that `write` appends to the string it is given.
  template <class Write>
  JsonWriterOn& string_from(const Write& write) {
    separate();
    const std::size_t begin = out_.size();
    out_ += '"';
    write(out_);
    const std::size_t size = out_.size() - begin - 1;
    if (plain_json_prefix({out_.data() + begin + 1, size}) == size) {
      out_ += '"';
      return *this;
    }
    const std::string text(out_.data() + begin + 1, size);
    out_.resize(begin);
    append_json_string(out_, text);
    return *this;
  }
  JsonWriterOn& integer(std::int64_t value) { return digits(value); }
  JsonWriterOn& unsigned_integer(std::uint64_t value) { return digits(value); }
  JsonWriterOn& boolean(bool value) { return raw(value ? "true" : "false"); }
  JsonWriterOn& null() { return raw("null"); }
  // Text that is JSON already: a number (Number::to_string) or a value written elsewhere.
  JsonWriterOn& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }

 private:
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  JsonWriterOn& open(char bracket) {
    separate();
    out_ += bracket;
    comma_ = false;
    return *this;
  }
  JsonWriterOn& close(char bracket) {
    out_ += bracket;
    comma_ = true;
    return *this;
  }
  template <class Integer>
  JsonWriterOn& digits(Integer value) {
    char text[24];
    return raw({text, std::to_chars(text, text + sizeof text, value).ptr});
  }

  Text& out_;
  bool comma_ = false;  // a value came before on this level
};

class JsonWriter final : public JsonWriterOn<std::string> {
 public:
  using JsonWriterOn::JsonWriterOn;
};

}  // namespace lianqing
