// What the HTTP server asks of the program behind it. All calls come from the server's one thread
// and must not block it; every callback may be called on any thread, once, before or after the call
// returns.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/http/message.h"

namespace lianqing::http {

// How far a stream has come: the newest warning and the newest change of a colour it has told.
struct StreamPlace {
  std::uint64_t warning = 0, colour = 0;  // 0: none yet
};

// How a stream begins: the levels that stand at `place`, each a JSON text; then what follows it.
struct StreamOpening {
  std::optional<Response> refusal;  // if there: answered instead of a stream
  bool snapshot = true;             // false: goes on behind what the client has seen
  std::vector<std::string> levels;
  StreamPlace place;
  std::uint64_t marker = 0;  // how the client is told place.warning, if there is a snapshot
};

// What comes behind a place, in order.
struct StreamPage {
  std::vector<std::pair<std::uint64_t, std::string>> warnings;  // with the ids that are told
  std::vector<std::string> colours;
  StreamPlace reached;      // how far this page goes; 0: there is nothing newer
  bool start_over = false;  // the place is of no use any more: the client must begin anew
};

// A request that was turned away for want of a right.
struct Denial {
  Caller caller;             // no name: no token in force
  std::string method, path;  // path: of the route, without its argument
  int status = 0;
  std::string peer;  // address; empty: this machine
};

class Answerer {
 public:
  virtual ~Answerer() = default;

  // Whose token it is; nothing if it is nobody's.
  virtual std::optional<Caller> caller_of(std::string_view token) = 0;
  // Somebody was let in: before answer() or open_stream() of the same call.
  virtual void admitted(const Caller& caller, const std::string& peer) = 0;
  virtual void denied(const Denial& denial) = 0;
  virtual void answer(Request request, Reply reply) = 0;
  // `seen`: the last id that the client was told, if there is any.
  virtual void open_stream(const Caller& caller, std::optional<std::uint64_t> seen,
                           std::function<void(StreamOpening)> opened) = 0;
  virtual void read_stream(const Caller& caller, StreamPlace seen,
                           std::function<void(StreamPage)> read) = 0;
};

}  // namespace lianqing::http
