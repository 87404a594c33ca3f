// One connection: bytes -> messages -> answers, one at a time, or a stream of events to its end.
// Lives on the server's thread and keeps itself alive while something is under way.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "connectors/http/precheck.h"
#include "connectors/http/server.h"
#include "connectors/http/wire.h"

namespace lianqing::http {

class Connection;

// What all connections share.
struct Shared {
  ServerOptions options;
  Answerer* answerer = nullptr;
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: none
  bool stopping = false;
  std::set<Connection*> all;
  std::map<std::string, std::size_t> per_peer;
  std::mutex traffic_lock;
  Traffic traffic;
  std::atomic<std::size_t> connections{0}, streams{0};
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // It is destroyed on the server's thread, wherever its last owner lets go of it: an answer may
  // come from any thread, and last longer than the client.
  static std::shared_ptr<Connection> make(Socket socket, std::shared_ptr<Shared> shared,
                                          std::string peer);
  ~Connection();

  void start();
  void wake();  // a stream looks for more
  void stop();  // ends when what is under way is answered

 private:
  Connection(Socket socket, std::shared_ptr<Shared> shared, std::string peer);

  enum class Stage : std::uint8_t { idle, head, body, answering, writing, streaming, closed };

  void shake_hands();
  void read();
  void take(std::size_t bytes);
  void advance();
  void begin_body();
  void advance_body();
  void dispatch();
  void authorise(Request request);
  void deny(const Request& request, const Caller& caller, const Response& answer);
  void refuse(const Refusal& refusal);
  void respond(const Response& response);
  void respond_raw(std::string bytes, bool close);
  void after_answer(bool close);
  void begin_stream(const Request& request);
  void stream_opened(StreamOpening opening);
  void read_stream();
  void stream_read(StreamPage page);
  void beat();
  void write_some();
  void wait(std::chrono::milliseconds time);
  void expired();
  void close();
  void count(int status);

  Wire wire_;
  std::shared_ptr<Shared> shared_;
  std::string peer_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer heartbeat_;
  Stage stage_ = Stage::idle;

  std::string in_;  // received, not yet taken
  std::array<char, 16 * 1024> piece_{};
  bool reading_ = false;
  std::size_t head_seen_ = 0;  // bytes of in_ that were searched for the head's end
  std::size_t head_end_ = 0;
  std::size_t message_end_ = 0;
  Framing framing_;
  ChunkScan chunks_;
  std::size_t paced_ = 0;  // size of in_ when the pace was last looked at

  const Route* route_ = nullptr;
  std::optional<Caller> certified_;  // by a certificate of its own
  Caller caller_;                    // of the stream
  std::string token_;                // that it was opened with
  std::string out_;
  std::size_t written_ = 0;
  bool writing_ = false;
  bool close_after_ = false;

  bool deaf_ = false;                // what is received is thrown away
  std::vector<std::string> levels_;  // of the snapshot, still to be written; newest last
  std::uint64_t marker_ = 0;
  bool marker_due_ = false;
  StreamPlace seen_;  // up to which the stream has been written
  bool reading_stream_ = false;
  bool woken_ = false;
};

}  // namespace lianqing::http
