#include "log/sha256.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  // Fetching and allocating cost more than hashing a leaf: both once per thread.
  thread_local const std::unique_ptr<EVP_MD, Free> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  Digest out;
  bool done = algorithm != nullptr && context != nullptr &&
              EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1;
  for (const std::string_view part : parts) {
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  done = done && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                    nullptr) == 1;
  LQ_ASSERT(done);  // only without memory or without the algorithm
  return out;
}

Status fill_random(char* to, std::size_t size) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(to), static_cast<int>(size)) != 1) {
    return failure(ErrorCode::io, "the operating system gives no random bytes");
  }
  return {};
}

}  // namespace lianqing
