// SHA-256 of texts: the hash of a program's meaning; and how hashes are written. The .cc uses
// OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace lianqing {

std::array<std::uint8_t, 32> sha256(std::string_view text);

// The digests of many texts that begin alike: the beginning is taken in once. Card: a warning's id
// takes some 0.1 us, of which sha256() needs 0.35; what of the beginning fills blocks of 64 bytes
// costs nothing after.
class Sha256Start {
 public:
  explicit Sha256Start(std::string_view start);
  // Of the start with `rest` behind it.
  std::array<std::uint8_t, 32> with(std::string_view rest) const;

 private:
  std::array<std::uint32_t, 28> state_{};  // a SHA256_CTX
};

// Two lower-case digits per byte.
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);
std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace lianqing
