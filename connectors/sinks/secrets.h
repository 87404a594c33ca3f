// Secrets in files, and what is made of them. A secret never appears in a message.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

// The first line of the file. Fails (io), or (refused) if others than its owner may read or write
// it, or if it is empty or no regular file.
[[nodiscard]] Result<std::string> read_secret(const std::string& path);

// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string base64_text(std::string_view bytes);
// Fails (refused) if the text is not base64.
[[nodiscard]] Result<std::string> base64_bytes(std::string_view text);

}  // namespace lianqing
