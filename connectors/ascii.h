// Letters of ASCII, whatever the locale says.
#pragma once

#include <string>
#include <string_view>

namespace lianqing {

// A to Z become a to z; everything else stays.
inline std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

}  // namespace lianqing
