#include "cli/serve/tokens.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
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
  if (parts.size() < 6 || parts[0].size() != 64) return std::nullopt;
  const auto role = http::role_of(parts[1]);
  const auto created = parse_rfc3339(parts[2]);
  const auto expires = optional_instant(parts[3]), revoked = optional_instant(parts[4]);
  if (!role || !created || !expires || !revoked) return std::nullopt;
  AccessToken out{parts[0], *role, parts[5], *created, *expires, *revoked, {}, {}, {}, {}, {}};
  for (std::size_t i = 6; i < parts.size(); ++i) {
    const std::size_t colon = parts[i].find(':');
    const std::string what = parts[i].substr(0, colon);
    if (colon == std::string::npos || colon + 1 == parts[i].size()) return std::nullopt;
    const std::string value = parts[i].substr(colon + 1);
    if (what == "unit") {
      out.units.push_back(value);
    } else if (what == "type") {
      out.types.push_back(value);
    } else if (what == "source" && out.source.empty()) {
      out.source = value;
    } else if (what == "by" && out.created_by.empty()) {
      out.created_by = value;
    } else if (what == "revoked-by" && out.revoked_by.empty()) {
      out.revoked_by = value;
    } else {
      return std::nullopt;  // a limit that is not understood must not be left out
    }
  }
  return out;
}

std::string line_of(const AccessToken& token) {
  const auto text = [](const std::optional<Instant>& t) { return t ? format_rfc3339(*t) : "-"; };
  std::string further;
  const auto add = [&further](std::string_view what, const std::string& value) {
    if (!value.empty()) further.append("\t").append(what).append(":").append(value);
  };
  for (const std::string& unit : token.units) add("unit", unit);
  add("source", token.source);
  for (const std::string& type : token.types) add("type", type);
  add("by", token.created_by);
  add("revoked-by", token.revoked_by);
  return token.hash + "\t" + std::string(name(token.role)) + "\t" + format_rfc3339(token.created) +
         "\t" + text(token.expires) + "\t" + text(token.revoked) + "\t" + token.name + further +
         "\n";
}

Unexpected<Error> io(const std::string& path) {
  return failure(ErrorCode::io, "cannot write " + path + ": " + std::strerror(errno));
}

// Whole or not at all, readable by its owner only.
Status write_tokens(const std::string& path, const std::vector<AccessToken>& tokens) {
  std::string text = std::string(kHeader) + "\n";
  for (const AccessToken& token : tokens) text += line_of(token);
  const std::string fresh = path + ".new";
  // What lies there, of a writer that was killed, or a link, is not written to: its mode may be
  // any.
  ::unlink(fresh.c_str());
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
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
      : file_(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)) {
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

bool is_plain(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f; });
}

bool is_separate(http::Role role) {
  return role == http::Role::sys_admin || role == http::Role::sec_admin ||
         role == http::Role::auditor;
}

Status check_order(const TokenOrder& order) {
  if (order.name.empty() || order.name.size() > kMaxTokenName || !is_plain(order.name)) {
    return failure(ErrorCode::usage,
                   "--name expects 1 to 64 bytes of text that say who will use the token");
  }
  if (order.name.starts_with("os:")) {
    return failure(ErrorCode::usage,
                   "--name cannot begin with os:, which marks users of the system");
  }
  for (const std::string& unit : order.units) {
    if (unit.empty() || !is_plain(unit)) {
      return failure(ErrorCode::usage, "--units expects ids of units");
    }
  }
  if (!is_plain(order.source)) return failure(ErrorCode::usage, "--source expects a source's id");
  const bool reads = order.role == http::Role::viewer || order.role == http::Role::operator_;
  if (!order.units.empty() && !reads) {
    return failure(ErrorCode::refused, "--units limits a viewer or an operator: what a " +
                                           std::string(name(order.role)) +
                                           " does is about all units");
  }
  if (!order.source.empty() && order.role != http::Role::ingester) {
    return failure(ErrorCode::refused, "--source limits an ingester only");
  }
  for (const std::string& type : order.types) {
    if (type.empty() || !is_plain(type)) {
      return failure(ErrorCode::usage, "--types expects types of events");
    }
  }
  if (!order.types.empty() && order.role != http::Role::ingester) {
    return failure(ErrorCode::refused, "--types limits an ingester only");
  }
  return {};
}

// Appends it with a fresh secret, which is the result.
Result<std::string> add_token(std::vector<AccessToken>& tokens, const TokenOrder& order,
                              Instant now) {
  std::array<std::uint8_t, 32> secret{};
  if (::getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return failure(ErrorCode::io, "no random bytes from the system");
  }
  const std::string text = "lq_" + base64url(secret.data(), secret.size());
  tokens.push_back({hex(sha256(text)),
                    order.role,
                    order.name,
                    now,
                    order.expires,
                    {},
                    order.by,
                    {},
                    order.units,
                    order.source,
                    order.types});
  return text;
}

}  // namespace

std::string os_user() {
  const char* behind = ::getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (behind != nullptr && *behind != 0) return std::string("os:") + behind;
  const passwd* user = ::getpwuid(::getuid());
  return "os:" + (user != nullptr ? std::string(user->pw_name) : std::to_string(::getuid()));
}

bool is_in_force(const AccessToken& token, Instant now) {
  return !token.revoked && (!token.expires || now < *token.expires);
}

std::string tokens_path(const std::string& data_dir) { return data_dir + "/tokens.tsv"; }

Result<std::vector<AccessToken>> read_tokens(const std::string& path) {
  std::vector<AccessToken> out;
  struct stat found {};
  if (::stat(path.c_str(), &found) == 0 && (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return failure(ErrorCode::refused,
                   path + ": others may change this file, and let themselves in: chmod 600");
  }
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

Result<std::string> create_token(const std::string& path, const TokenOrder& order, Instant now) {
  if (Status s = check_order(order); !s) return Unexpected<Error>(s.error());
  const FileLock lock(path);
  if (!lock.held()) return io(path + ".lock");
  LQ_TRY(std::vector<AccessToken> tokens, read_tokens(path));
  for (const AccessToken& token : tokens) {
    if (token.name != order.name) continue;
    if (is_in_force(token, now)) {
      return failure(ErrorCode::refused, "there is a token '" + order.name +
                                             "' already: revoke it first, or take another name");
    }
    if (is_separate(order.role) && is_separate(token.role) && order.role != token.role) {
      return failure(ErrorCode::refused,
                     "'" + order.name + "' has been " + std::string(name(token.role)) +
                         ": nobody is two of sys_admin, sec_admin and auditor; the other person "
                         "takes a name of their own");
    }
  }
  LQ_TRY(const std::string text, add_token(tokens, order, now));
  if (Status s = write_tokens(path, tokens); !s) return Unexpected<Error>(s.error());
  return text;
}

Result<std::string> rotate_token(const std::string& path, const std::string& name, Instant now,
                                 std::optional<Instant> until, std::optional<Instant> expires,
                                 const std::string& by) {
  const FileLock lock(path);
  if (!lock.held()) return io(path + ".lock");
  LQ_TRY(std::vector<AccessToken> tokens, read_tokens(path));
  std::optional<TokenOrder> order;
  for (AccessToken& token : tokens) {
    if (token.name != name || !is_in_force(token, now)) continue;
    order =
        TokenOrder{name, token.role, expires ? expires : token.expires, token.units, token.source,
                   by,   token.types};
    if (until) {
      token.expires = token.expires ? std::min(*token.expires, *until) : *until;
    } else {
      token.revoked = now;
      token.revoked_by = by;
    }
  }
  if (!order) return failure(ErrorCode::refused, "there is no token '" + name + "' in force");
  LQ_TRY(const std::string text, add_token(tokens, *order, now));
  if (Status s = write_tokens(path, tokens); !s) return Unexpected<Error>(s.error());
  return text;
}

Status revoke_token(const std::string& path, const std::string& name, Instant now,
                    const std::string& by) {
  const FileLock lock(path);
  if (!lock.held()) return io(path + ".lock");
  LQ_TRY(std::vector<AccessToken> tokens, read_tokens(path));
  bool found = false;
  for (AccessToken& token : tokens) {  // a rotated token may still have its old secret
    if (token.name != name || !is_in_force(token, now)) continue;
    token.revoked = now;
    token.revoked_by = by;
    found = true;
  }
  if (found) return write_tokens(path, tokens);
  return failure(ErrorCode::refused, "there is no token '" + name + "' in force");
}

TokenBook::Stamp TokenBook::stamp_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  // Its mode counts, too: the time of the last change of any kind.
  return {found.st_ctim.tv_sec, found.st_ctim.tv_nsec, found.st_size, found.st_ino};
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
    if (known.hash == hash && is_in_force(known, now)) {
      return http::Caller{known.name, known.role, known.units, known.source, known.types};
    }
  }
  return std::nullopt;
}

std::string TokenBook::trouble() const {
  const std::lock_guard hold(lock_);
  return trouble_;
}

}  // namespace lianqing
