#include "cli/serve/tokens.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::string_view kHeader = "lianqing-tokens/1";

std::string base64url(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    held = held << 8 | bytes[i];
    for (bits += 8; bits >= 6; bits -= 6) out += kDigits[held >> (bits - 6) & 63];
  }
  if (bits > 0) out += kDigits[held << (6 - bits) & 63];
  return out;
}

std::optional<std::optional<Instant>> optional_instant(const std::string& text) {
  if (text == "-") return std::optional<Instant>{};
  const auto t = parse_rfc3339(text);
  if (!t) return std::nullopt;
  return std::optional<Instant>{*t};
}

std::optional<AccessToken> token_of(const std::string& line) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, '\t');) parts.push_back(part);
  if (parts.size() != 6 || parts[0].size() != 64) return std::nullopt;
  const auto role = http::role_of(parts[1]);
  const auto created = parse_rfc3339(parts[2]);
  const auto expires = optional_instant(parts[3]), revoked = optional_instant(parts[4]);
  if (!role || !created || !expires || !revoked) return std::nullopt;
  return AccessToken{parts[0], *role, parts[5], *created, *expires, *revoked};
}

std::string line_of(const AccessToken& token) {
  const auto text = [](const std::optional<Instant>& t) { return t ? format_rfc3339(*t) : "-"; };
  return token.hash + "\t" + std::string(name(token.role)) + "\t" + format_rfc3339(token.created) +
         "\t" + text(token.expires) + "\t" + text(token.revoked) + "\t" + token.name + "\n";
}

Unexpected<Error> io(const std::string& path) {
  return failure(ErrorCode::io, "cannot write " + path + ": " + std::strerror(errno));
}

// Whole or not at all, readable by its owner only.
Status write_tokens(const std::string& path, const std::vector<AccessToken>& tokens) {
  std::string text = std::string(kHeader) + "\n";
  for (const AccessToken& token : tokens) text += line_of(token);
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return io(fresh);
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) return io(path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  return {};
}

// One change at a time, across processes.
class FileLock {
 public:
  explicit FileLock(const std::string& path)
      : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ >= 0 && ::flock(file_, LOCK_EX) != 0) {
      ::close(file_);
      file_ = -1;
    }
  }
  ~FileLock() {
    if (file_ >= 0) ::close(file_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  bool held() const { return file_ >= 0; }

 private:
  int file_;
};

bool in_force(const AccessToken& token, Instant now) {
  return !token.revoked && (!token.expires || now < *token.expires);
}

}  // namespace

std::string tokens_path(const std::string& data_dir) { return data_dir + "/tokens.tsv"; }

Result<std::vector<AccessToken>> read_tokens(const std::string& path) {
  std::vector<AccessToken> out;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT) return out;
    return failure(ErrorCode::io, "cannot read " + path + ": " + std::strerror(errno));
  }
  std::string line;
  if (!std::getline(in, line) || line != kHeader) {
    return failure(ErrorCode::corrupt, path + ":1: expected `" + std::string(kHeader) + "`");
  }
  for (std::size_t number = 2; std::getline(in, line); ++number) {
    auto token = token_of(line);
    if (!token) {
      return failure(ErrorCode::corrupt, path + ":" + std::to_string(number) +
                                             ": not a token's line; mend or remove it");
    }
    out.push_back(*std::move(token));
  }
  return out;
}

Result<std::string> create_token(const std::string& path, const std::string& name, http::Role role,
                                 Instant now, std::optional<Instant> expires) {
  const bool garbled = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || name.size() > kMaxTokenName || garbled) {
    return failure(ErrorCode::usage,
                   "--name expects 1 to 64 bytes of text that say who will use the token");
  }
  const FileLock lock(path);
  if (!lock.held()) return io(path + ".lock");
  LQ_TRY(std::vector<AccessToken> tokens, read_tokens(path));
  for (const AccessToken& token : tokens) {
    if (token.name == name && in_force(token, now)) {
      return failure(ErrorCode::refused, "there is a token '" + name +
                                             "' already: revoke it first, or take another name");
    }
  }
  std::array<std::uint8_t, 32> secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return failure(ErrorCode::io, "no random bytes from the system");
  }
  const std::string text = "lq_" + base64url(secret.data(), secret.size());
  tokens.push_back({hex(sha256(text)), role, name, now, expires, {}});
  if (Status s = write_tokens(path, tokens); !s) return Unexpected<Error>(s.error());
  return text;
}

Status revoke_token(const std::string& path, const std::string& name, Instant now) {
  const FileLock lock(path);
  if (!lock.held()) return io(path + ".lock");
  LQ_TRY(std::vector<AccessToken> tokens, read_tokens(path));
  for (AccessToken& token : tokens) {
    if (token.name != name || !in_force(token, now)) continue;
    token.revoked = now;
    return write_tokens(path, tokens);
  }
  return failure(ErrorCode::refused, "there is no token '" + name + "' in force");
}

TokenBook::Stamp TokenBook::stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino};
}

std::optional<http::Caller> TokenBook::caller_of(std::string_view token, Instant now) {
  if (token.empty() || token.size() > 256) return std::nullopt;
  const std::lock_guard hold(lock_);
  const Stamp stamp = stamp_of(path_);
  if (!read_ || stamp != read_at_) {
    auto tokens = read_tokens(path_);
    trouble_ = tokens ? std::string() : tokens.error().what;
    tokens_ = tokens ? *std::move(tokens) : std::vector<AccessToken>();
    read_at_ = stamp;
    read_ = true;
  }
  const std::string hash = hex(sha256(token));
  for (const AccessToken& known : tokens_) {
    if (known.hash == hash && in_force(known, now)) return http::Caller{known.name, known.role};
  }
  return std::nullopt;
}

std::string TokenBook::trouble() const {
  const std::lock_guard hold(lock_);
  return trouble_;
}

}  // namespace lianqing
