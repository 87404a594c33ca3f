// Base64 (RFC 4648 section 4, with padding) as leaves, heads and checkpoints carry it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lianqing {

inline constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kBase64[bits >> (18 - 6 * j) & 63];
    }
  }
}

// Only the canonical text of some bytes is taken: whole groups, zero bits behind the last byte.
inline std::optional<std::string> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    unsigned bits = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const std::size_t at = kBase64.find(text[i + j]);
      bits = bits << 6 | (at == std::string_view::npos ? 0U : static_cast<unsigned>(at));
    }
    for (std::size_t j = 0; j < 3; ++j) out += static_cast<char>(bits >> (16 - 8 * j));
  }
  if (text.ends_with("==")) out.pop_back();
  if (text.ends_with("=")) out.pop_back();
  std::string again;
  append_base64(again, out);
  if (again != text) return std::nullopt;
  return out;
}

}  // namespace lianqing
