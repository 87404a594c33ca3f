// What is asked about a token: {"name": "desk", "role": "viewer", "expires": "...", "units": [...],
// "source": "...", "types": [...]} to create one, {"name", "overlap", "expires"} to rotate,
// {"name"} to revoke.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/http/message.h"
#include "lianqing/diagnostic.h"
#include "lianqing/time.h"

namespace lianqing::http {

struct TokenBody {
  std::string name;  // not empty
  Role role = Role::viewer;
  std::optional<Instant> expires, overlap;
  std::vector<std::string> units;
  std::string source;
  std::vector<std::string> types;
};

// By the request's route. Fails with the answer to give (400, 415); whether the times lie ahead is
// not looked at.
[[nodiscard]] Outcome<TokenBody, Response> token_body(const Request& request);

}  // namespace lianqing::http
