#include "connectors/segment/line_digest.h"

#include <openssl/evp.h>

#include <new>

#include "lianqing/assert.h"

namespace lianqing {

struct LineDigest::State {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr) throw std::bad_alloc();
    begin();
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void begin() const { LQ_ASSERT(EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
};

LineDigest::LineDigest() : state_(std::make_unique<State>()) {}
LineDigest::~LineDigest() = default;
LineDigest::LineDigest(LineDigest&&) noexcept = default;
LineDigest& LineDigest::operator=(LineDigest&&) noexcept = default;

void LineDigest::line(std::string_view line) {
  bytes(line);
  bytes("\n");
}

void LineDigest::bytes(std::string_view bytes) {
  LQ_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string LineDigest::take() {
  std::string out(kBytes, '\0');
  unsigned size = 0;
  LQ_ASSERT(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()),
                               &size) == 1);
  state_->begin();
  return out;
}

}  // namespace lianqing
