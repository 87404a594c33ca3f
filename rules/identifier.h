// Text as the rule language sees it: UTF-8, normalised to NFC, with names of any script. The .cc is
// the only includer of utf8proc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lianqing {

bool is_valid_utf8(std::string_view text);

// NFC; text that is not valid UTF-8 is given back as it is.
std::string to_nfc(std::string_view text);

// A name: a letter of any script or `_`, then letters, digits, combining marks and `_`. So
// `近30日投诉` is one and `30d` is not. A dotted path is several.
bool is_identifier(std::string_view text);
bool is_identifier_start(char32_t c);
bool is_identifier_part(char32_t c);

// Code points of valid UTF-8; of other bytes, those that are no continuation bytes.
std::size_t count_code_points(std::string_view text);

// The first code point and the number of its bytes; {U+FFFD, 1} where the bytes are not UTF-8 and
// {0, 0} at the end.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};
CodePoint first_code_point(std::string_view text);

}  // namespace lianqing
