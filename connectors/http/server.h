// The HTTP server: one thread, one port, bounded connections, buffers and waits. It vets and parses
// requests, knows who may do what (the route table) and asks the Answerer for the rest.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "connectors/http/answerer.h"
#include "connectors/http/certificate.h"
#include "connectors/http/routes.h"
#include "lianqing/result.h"

namespace lianqing::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // of an interface, IPv4 or IPv6
  std::uint16_t port = 8620;          // 0: a free one
  std::size_t max_connections = 1024;
  std::size_t max_per_peer = 32;                 // from one address; loopback is not counted
  std::uint64_t max_body = 16U << 20;            // bytes
  bool open_metrics = false;                     // /metrics needs no token
  TlsFiles tls;                                  // no certificate: no TLS
  std::chrono::milliseconds head_wait{5'000};    // for a whole head, from its first byte
  std::chrono::milliseconds idle_wait{75'000};   // between two requests
  std::chrono::milliseconds pace_wait{5'000};    // in each of these a body brings 1 KiB per second,
                                                 // and an answer goes on by a byte
  std::chrono::milliseconds heartbeat{15'000};   // of a silent stream
  std::chrono::milliseconds drain_wait{10'000};  // for answers under way, at the end
};

struct Traffic {
  std::map<std::pair<RouteId, int>, std::uint64_t> answers;  // by route and status
  std::uint64_t refused = 0;      // before any route: malformed, too large, too slow
  std::uint64_t turned_away = 0;  // connections over the limit
  std::uint64_t streams_cut = 0;  // readers that were too slow
  std::size_t connections = 0, streams = 0;
};

class Server {
 public:
  // Listens at once; connections wait until run(). Fails (io) if the address cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(const ServerOptions& options,
                                                              Answerer& answerer);
  ~Server();

  std::string url() const;  // http://ADDRESS:PORT, or https
  // Serves until stop(). What is under way is answered, streams are ended.
  void run();

  // From any thread:
  void stop();
  // There are warnings behind what the streams have read.
  void wake_streams();
  // Connections that come from now on use these files. Refused as by listen(): nothing changes
  // then.
  [[nodiscard]] Status renew_tls(const TlsFiles& files);
  Traffic traffic() const;

 private:
  class Listener;
  explicit Server(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace lianqing::http
