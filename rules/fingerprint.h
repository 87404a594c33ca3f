// SHA-256 of texts: the hash of a program's meaning; and how hashes are written. The .cc uses
// OpenSSL's EVP.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lianqing {

std::array<std::uint8_t, 32> sha256(std::string_view text);
// Two lower-case digits per byte.
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);
std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace lianqing
