// One HTTP message to somebody else's server and its answer, over TLS or plain: for sinks. The
// server's name is resolved once, its addresses are checked, and the connection goes to a checked
// address and nowhere else; redirects are not followed; certificates are verified; every wait is
// bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing::http {

// Where to: `http://HOST[:PORT][/PATH]` or `https://...`.
struct OutboundUrl {
  bool tls = false;
  std::string host;  // a name or an address, without brackets
  std::uint16_t port = 0;
  std::string target = "/";  // path and query
};
// Fails (usage) on anything else; the message does not repeat path and query, which may be secret.
[[nodiscard]] Result<OutboundUrl> parse_outbound_url(const std::string& text);

struct OutboundRules {
  // Networks (`10.0.0.0/8`, `::1`) that may be reached though they are not public.
  std::vector<std::string> networks;
  std::string ca;                              // file of certificates to trust; empty: the system's
  std::chrono::milliseconds patience{10'000};  // for all of one message
};

struct OutboundMessage {
  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct OutboundAnswer {
  int status = 0;
  std::string retry_after;  // the header
  std::string body;         // at most 256 KiB
};

// Addresses of a host as texts.
using Resolve = std::function<Result<std::vector<std::string>>(const std::string& host)>;
[[nodiscard]] Result<std::vector<std::string>> resolve_by_system(const std::string& host);

// Whether a message may go to the address: it is public, or in one of the networks. Private,
// loopback, link-local, shared, documentation, multicast and reserved ranges are not public, in
// whatever form IPv6 writes IPv4.
bool may_reach(const std::string& address, const std::vector<std::string>& networks);
// Fails (usage) on what is not `ADDRESS` or `ADDRESS/LENGTH`.
[[nodiscard]] Status check_network(const std::string& network);

// Fails (refused) if no address of the host may be reached, (io) if there is no answer in time.
[[nodiscard]] Result<OutboundAnswer> send_outbound(const OutboundUrl& url,
                                                   const OutboundRules& rules,
                                                   const OutboundMessage& message,
                                                   const std::stop_token& stop,
                                                   const Resolve& resolve = resolve_by_system);

}  // namespace lianqing::http
