// The link in a message, and texts cut where a character ends.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/sink.h"

namespace lianqing {

// `{unit}` and `{id}` in the pattern stand for the notice's, percent-encoded. Empty: no link.
inline std::string unit_link(const std::string& pattern, const Notice& notice) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const bool unit = pattern.compare(at, 6, "{unit}") == 0;
    if (!unit && pattern.compare(at, 4, "{id}") != 0) {
      out += pattern[at++];
      continue;
    }
    for (const char c : unit ? notice.unit : notice.id) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                         (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '_' || byte == '.';
      if (plain) {
        out += c;
      } else {
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
    at += unit ? 6 : 4;
  }
  return out;
}

// At most so many bytes, and whole characters.
inline std::size_t utf8_prefix(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return most;
}

}  // namespace lianqing
