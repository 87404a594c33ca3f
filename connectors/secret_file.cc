#include "connectors/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostBytes = 64U << 10;
constexpr std::string_view kCredentials = "CREDENTIALS_DIRECTORY";

struct Place {
  std::string path;
  bool credential = false;  // lies where systemd puts what it hands over
};

Result<Place> place_of(const std::string& text) {
  const char* directory = std::getenv(kCredentials.data());
  Place out{text};
  for (const std::string& start :
       {"$" + std::string(kCredentials) + "/", "${" + std::string(kCredentials) + "}/"}) {
    if (!text.starts_with(start)) continue;
    if (directory == nullptr) {
      return failure(ErrorCode::refused,
                     text +
                         ": there is no $CREDENTIALS_DIRECTORY: only a service of systemd with "
                         "LoadCredential has one");
    }
    out.path = std::string(directory) + "/" + text.substr(start.size());
  }
  if (directory == nullptr || *directory == '\0') return out;
  // A link that leads out of it is not what was handed over.
  std::error_code error;
  const auto real = std::filesystem::canonical(out.path, error);
  const auto within = std::filesystem::canonical(directory, error);
  out.credential = !error && real.string().starts_with(within.string() + "/");
  return out;
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  LQ_TRY(const Place place, place_of(path));
  const int handle = ::open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (handle < 0) return failure(ErrorCode::io, path + ": " + std::strerror(errno));
  struct stat found {};
  const bool regular = ::fstat(handle, &found) == 0 && S_ISREG(found.st_mode);
  std::string text;
  bool good = regular;
  for (std::array<char, 4096> part; good && text.size() <= kMostBytes;) {
    const ssize_t size = ::read(handle, part.data(), part.size());
    good = size >= 0;
    if (size <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  ::close(handle);
  if (!good || text.size() > kMostBytes) {
    return failure(ErrorCode::refused, path + ": not a file to read");
  }
  if (!place.credential && (found.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failure(ErrorCode::refused,
                   path + ": others may read or change this file, which holds a secret: chmod 600");
  }
  if (text.empty()) return failure(ErrorCode::refused, path + ": no secret in it");
  return text;
}

Result<std::string> read_secret_line(const std::string& path) {
  LQ_TRY(std::string text, read_secret_file(path));
  text.resize(std::min(text.size(), text.find_first_of("\r\n")));
  if (text.empty()) return failure(ErrorCode::refused, path + ": no secret in it");
  return text;
}

}  // namespace lianqing
