// The other end of the daemon's API, for commands that look at a running daemon: one connection,
// one question at a time, every wait bounded. Plain HTTP only: the daemon listens on loopback, and
// TLS is a proxy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "lianqing/result.h"

namespace lianqing::http {

struct Url {
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 8620;
};
// `http://HOST[:PORT][/]`. Fails (usage) on anything else.
[[nodiscard]] Result<Url> parse_url(const std::string& text);

struct ClientAnswer {
  int status = 0;
  std::string body;
};

class Client {
 public:
  Client(Url url, std::string token, std::chrono::milliseconds patience);
  ~Client();

  // Connects again if the connection was lost. Fails (io) if nobody answers in time.
  [[nodiscard]] Result<ClientAnswer> get(const std::string& target);

 private:
  struct Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace lianqing::http
