// SHA-256 and random bytes: what the log asks of a cryptographic library, and no more.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

using Digest = std::array<char, 32>;

inline std::string_view bytes_of(const Digest& digest) { return {digest.data(), digest.size()}; }

// Of the parts, one after the other.
Digest sha256(std::initializer_list<std::string_view> parts);

// Unpredictable bytes from the operating system's source.
[[nodiscard]] Status fill_random(char* to, std::size_t size);

}  // namespace lianqing
