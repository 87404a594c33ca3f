#include "connectors/sinks/secrets.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kEd25519Signature = 64;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string out(32, '\0');
  unsigned size = 0;
  const unsigned char* made = ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                     bytes_of(text), text.size(), bytes_of(out), &size);
  LQ_ASSERT(made != nullptr && size == out.size());
  return out;
}

Result<std::string> ed25519_signature(std::string_view seed, std::string_view text) {
  std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(
      ::EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size()),
      &::EVP_PKEY_free);
  if (!key) return failure(ErrorCode::refused, "not a key of Ed25519");
  std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context(::EVP_MD_CTX_new(),
                                                                    &::EVP_MD_CTX_free);
  std::string out(kEd25519Signature, '\0');
  std::size_t size = out.size();
  const bool made =
      context && ::EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      ::EVP_DigestSign(context.get(), bytes_of(out), &size, bytes_of(text), text.size()) == 1;
  LQ_ASSERT(made && size == out.size());
  return out;
}

std::string base64_text(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      ::EVP_EncodeBlock(bytes_of(out), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<std::string> base64_bytes(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size = ::EVP_DecodeBlock(bytes_of(out), bytes_of(text), static_cast<int>(text.size()));
  if (text.empty() || text.size() % 4 != 0 || size < 0) {
    return failure(ErrorCode::refused, "not base64");
  }
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace lianqing
