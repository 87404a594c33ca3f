#include "cli/serve/escapes.h"

#include <cstdint>
#include <optional>

namespace lianqing {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The code unit of an escape \u0000 whose digits begin at `at`.
std::optional<std::uint32_t> code_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) return std::nullopt;
  std::uint32_t out = 0;
  for (const char c : text.substr(at, 4)) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    out = out << 4 | static_cast<std::uint32_t>(digit);
  }
  return out;
}

void put_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

}  // namespace

std::string unescaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (text[at] != '\\') {
      out += text[at];
    } else if (next == '"' || next == '\\' || next == '/') {
      out += next;
      ++at;
    } else if (const auto first = next == 'u' ? code_unit(text, at + 2) : std::nullopt; first) {
      std::uint32_t c = *first;
      at += 5;
      if (c >= 0xd800 && c < 0xdc00 && text.substr(at + 1).starts_with("\\u")) {
        const auto second = code_unit(text, at + 3);
        if (second && *second >= 0xdc00 && *second < 0xe000) {
          c = 0x10000 + ((c - 0xd800) << 10) + (*second - 0xdc00);
          at += 6;
        }
      }
      put_utf8(out, c);
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace lianqing
