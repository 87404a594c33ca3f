// What is made of secrets: signatures, and the texts that hold keys.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
// 64 bytes. The seed is the private key of 32 bytes; fails (refused) on another size.
[[nodiscard]] Result<std::string> ed25519_signature(std::string_view seed, std::string_view text);
std::string base64_text(std::string_view bytes);
// Fails (refused) if the text is not base64.
[[nodiscard]] Result<std::string> base64_bytes(std::string_view text);

}  // namespace lianqing
