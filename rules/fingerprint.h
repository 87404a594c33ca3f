// SHA-256 of texts: the hash of a program's meaning. The .cc uses OpenSSL's EVP.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lianqing {

std::array<std::uint8_t, 32> sha256(std::string_view text);

}  // namespace lianqing
