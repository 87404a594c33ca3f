#include "connectors/sinks/secrets.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (handle < 0) return failure(ErrorCode::io, path + ": " + std::strerror(errno));
  struct stat found {};
  char bytes[4096];
  const bool known = ::fstat(handle, &found) == 0;
  const ssize_t size = known && S_ISREG(found.st_mode) ? ::read(handle, bytes, sizeof bytes) : -1;
  ::close(handle);
  if (!known || size < 0) return failure(ErrorCode::refused, path + ": not a file to read");
  if ((found.st_mode & 077) != 0) {
    return failure(ErrorCode::refused,
                   path + ": others than its owner may read this secret: chmod 600 it");
  }
  const std::string_view text(bytes, static_cast<std::size_t>(size));
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty()) return failure(ErrorCode::refused, path + ": no secret in it");
  return std::string(line);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string out(32, '\0');
  unsigned size = 0;
  const unsigned char* made = ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                     bytes_of(text), text.size(), bytes_of(out), &size);
  LQ_ASSERT(made != nullptr && size == out.size());
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
