#include "rules/fingerprint.h"

// EVP cannot copy a digest under way without allocating.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstring>

#include "lianqing/assert.h"

namespace lianqing {

namespace {

// Made once per thread: looking the algorithm up and making a context take longer than most
// digests.
struct Digest {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Digest() = default;
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view text) {
  std::array<std::uint8_t, 32> out{};
  unsigned length = 0;
  thread_local const Digest digest;
  const bool done = EVP_DigestInit_ex2(digest.context, digest.algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(digest.context, text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(digest.context, out.data(), &length) == 1;
  LQ_ASSERT(done && length == out.size());
  return out;
}

Sha256Start::Sha256Start(std::string_view start) {
  static_assert(sizeof(SHA256_CTX) == sizeof state_);
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, start.data(), start.size());
  std::memcpy(state_.data(), &context, sizeof context);
}

std::array<std::uint8_t, 32> Sha256Start::with(std::string_view rest) const {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof context);
  SHA256_Update(&context, rest.data(), rest.size());
  std::array<std::uint8_t, 32> out;
  SHA256_Final(out.data(), &context);
  return out;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    out[at++] = kDigits[byte >> 4];
    out[at++] = kDigits[byte & 15];
  }
}

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  append_hex(out, bytes);
  return out;
}

}  // namespace lianqing
