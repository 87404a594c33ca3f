// When somebody begins to use the daemon. A token has no session: a login is its first call from an
// address, and its first one after half an hour without any.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "connectors/http/role.h"

namespace lianqing {

class Logins {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes kIdle{30};
  static constexpr std::size_t kMost = 4096;  // told apart; beyond, each call is a login

  // To be told of each call that was let in, at times that do not fall; true: it is a login.
  // `peer`: the address, empty for this machine.
  bool begins(const http::Caller& caller, const std::string& peer, Clock::time_point now);

 private:
  void forget_idle(Clock::time_point now);

  std::map<std::string, Clock::time_point> last_;  // by role, name, address
};

}  // namespace lianqing
