#include "cli/import/cell_text.h"

#include <algorithm>
#include <cstdint>

#include "connectors/utf8.h"

namespace lianqing {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 1;
};

Character first_of(std::string_view text) {
  const std::size_t length = std::max<std::size_t>(utf8_character(text), 1);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(text[i]) & 0xFF; };
  std::uint32_t code = byte(0);
  if (length == 2) code = (code & 0x1F) << 6 | (byte(1) & 0x3F);
  if (length == 3) code = (code & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  if (length == 4) {
    code = (code & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
  return {code, length};
}

bool is_blank(std::uint32_t c) {
  return c <= 0x20 || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F;
}
bool is_invisible(std::uint32_t c) {
  return (c >= 0x200B && c <= 0x200F) || c == 0xFEFF || c == 0x2060 || c == 0xAD;
}
bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// The ASCII sign that a sign stands for; 0 if none.
char ascii_of(std::uint32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFEE0);
  switch (c) {
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2015:
    case 0x2212: return '-';
    case 0x3002: return '.';
    case 0x2215: return '/';
    default: return 0;
  }
}

std::string cleaned(std::string_view cell, bool signs) {
  std::string out;
  bool blank = false;
  while (!cell.empty()) {
    const Character c = first_of(cell);
    const std::string_view bytes = cell.substr(0, c.bytes);
    cell.remove_prefix(c.bytes);
    if (is_invisible(c.code)) continue;
    if (is_blank(c.code)) {
      blank = true;
      continue;
    }
    if (blank && !out.empty()) out += ' ';
    blank = false;
    const char ascii = ascii_of(c.code);
    if (ascii != 0 && (signs || is_letter_or_digit(ascii))) {
      out += ascii;
    } else {
      out += bytes;
    }
  }
  return out;
}

}  // namespace

std::string tidy_text(std::string_view cell) { return cleaned(cell, false); }
std::string ascii_text(std::string_view cell) { return cleaned(cell, true); }

std::string key_text(std::string_view cell) {
  std::string out;
  for (const char c : ascii_text(cell)) {
    if (c == ' ' || c == '*') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (std::size_t n = 0; at < text.size(); ++n) {
    if (n == most) return std::string(text.substr(0, at)) + "…";
    at += std::max<std::size_t>(utf8_character(text.substr(at)), 1);
  }
  return std::string(text);
}

}  // namespace lianqing
