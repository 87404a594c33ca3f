// The other end of the daemon's API, for commands that look at a running daemon: one connection,
// one question at a time, every wait bounded; over TLS the daemon's certificate is verified.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "lianqing/result.h"

namespace lianqing::http {

struct Url {
  bool tls = false;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 8620;
};
// `http://HOST[:PORT][/]` or `https://...`. Fails (usage) on anything else.
[[nodiscard]] Result<Url> parse_url(const std::string& text);

// Files in PEM. `ca`: who has signed the daemon's certificate, or that itself; empty: the system's
// authorities. `certificate` and `key`: to come with; empty: without.
struct ClientTls {
  std::string ca, certificate, key;
};

struct ClientAnswer {
  int status = 0;
  std::string body;
};

class Client {
 public:
  Client(Url url, std::string token, std::chrono::milliseconds patience, ClientTls tls = {});
  ~Client();

  // Connects again if the connection was lost. Fails (io) if nobody answers in time, or not whom
  // the certificates name; (io, refused) if files cannot be used.
  [[nodiscard]] Result<ClientAnswer> get(const std::string& target);

 private:
  struct Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace lianqing::http
