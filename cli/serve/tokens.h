// Bearer tokens: who may call the daemon. The file holds hashes only and can be changed while the
// daemon runs; docs/formats.md has its lines.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/role.h"
#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing {

struct AccessToken {
  std::string hash;  // SHA-256 of the token, hex
  http::Role role = http::Role::viewer;
  std::string name;
  Instant created;
  std::optional<Instant> expires, revoked;
  // "os:" and a user of the system, or the name of a token that ordered it; empty: not known.
  std::string created_by, revoked_by;
  std::vector<std::string> units;  // sees these and what is below them; empty: all
  std::string source;              // sends events of this source; empty: of any
  std::vector<std::string> types;  // sends events of these types; empty: of any
};

// What a token is to be.
struct TokenOrder {
  std::string name;
  http::Role role = http::Role::viewer;
  std::optional<Instant> expires;
  std::vector<std::string> units;
  std::string source;
  std::string by;  // who orders it
  std::vector<std::string> types = {};
};

inline constexpr std::size_t kMaxTokenName = 64;  // bytes

std::string tokens_path(const std::string& data_dir);

// No file: no tokens. Fails (corrupt) on a line that is not one.
[[nodiscard]] Result<std::vector<AccessToken>> read_tokens(const std::string& path);

// Makes a token of 256 random bits and adds it. The result is the token itself, which is kept
// nowhere. Refused: a name in use, or one that is empty, too long or has control characters; a
// limit that the role does not take; a second of the roles sys_admin, sec_admin, auditor for a name
// that ever had another of them (separation of duties).
[[nodiscard]] Result<std::string> create_token(const std::string& path, const TokenOrder& order,
                                               Instant now);
// The same name, role and limits with a new secret; the old one ends now, or at `until`. Refused if
// there is no token of that name in force.
[[nodiscard]] Result<std::string> rotate_token(const std::string& path, const std::string& name,
                                               Instant now, std::optional<Instant> until,
                                               std::optional<Instant> expires,
                                               const std::string& by);
// Refused if there is no token of that name in force.
[[nodiscard]] Status revoke_token(const std::string& path, const std::string& name, Instant now,
                                  const std::string& by);
// Who runs this process, "os:" and a user of the system; behind sudo, who called it.
std::string os_user();
bool is_in_force(const AccessToken& token, Instant now);

// The file as a running daemon sees it: read again whenever it has changed.
class TokenBook {
 public:
  explicit TokenBook(std::string path) : path_(std::move(path)) {}

  // From any thread. A file that cannot be read lets nobody in; `trouble` says why.
  std::optional<http::Caller> caller_of(std::string_view token, Instant now);
  std::string trouble() const;
  const std::string& path() const { return path_; }

 private:
  struct Stamp {
    std::int64_t seconds = 0, nanoseconds = 0, size = -1;
    std::uint64_t inode = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  static Stamp stamp_of(const std::string& path);

  const std::string path_;
  mutable std::mutex lock_;
  Stamp read_at_;
  bool read_ = false;
  std::vector<AccessToken> tokens_;
  std::string trouble_;
};

}  // namespace lianqing
