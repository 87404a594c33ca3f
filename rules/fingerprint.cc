#include "rules/fingerprint.h"

#include <openssl/evp.h>

#include "lianqing/assert.h"

namespace lianqing {

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  std::array<std::uint8_t, 32> out{};
  unsigned length = 0;
  const int done = EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_sha256(), nullptr);
  LQ_ASSERT(done == 1 && length == out.size());
  return out;
}

std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace lianqing
