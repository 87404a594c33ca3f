#include "connectors/http/server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "connectors/http/connection.h"
#include "lianqing/assert.h"

namespace lianqing::http {

namespace asio = boost::asio;
using boost::asio::ip::tcp;
using ErrorOfAsio = boost::system::error_code;

class Server::Listener {
 public:
  Listener(const ServerOptions& options, Answerer& answerer)
      : shared_(std::make_shared<Shared>()), acceptor_(io_), retry_(io_), drain_(io_) {
    shared_->options = options;
    shared_->answerer = &answerer;
  }

  ~Listener() {
    // Handlers keep connections alive and connections unregister from Shared: it outlives both.
    shared_->stopping = true;
  }

  Status open() {
    ErrorOfAsio error;
    if (!shared_->options.tls.certificate.empty()) {
      LQ_TRY(shared_->tls, server_context(shared_->options.tls));
    }
    const auto address = asio::ip::make_address(shared_->options.address, error);
    if (error) {
      return failure(ErrorCode::usage, "cannot listen on '" + shared_->options.address +
                                           "': expected an IPv4 or IPv6 address such as 127.0.0.1");
    }
    const tcp::endpoint endpoint(address, shared_->options.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return failure(ErrorCode::io, "cannot listen on " + shared_->options.address + ":" +
                                        std::to_string(shared_->options.port) + ": " +
                                        error.message());
    }
    return {};
  }

  std::string url() const {
    ErrorOfAsio ignored;
    const tcp::endpoint at = acceptor_.local_endpoint(ignored);
    const std::string address = at.address().to_string();
    return (shared_->options.tls.certificate.empty() ? "http://" : "https://") +
           (at.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(at.port());
  }

  void run() {
    accept();
    io_.run();
  }

  void stop() {
    asio::post(io_, [this] {
      if (shared_->stopping) return;
      shared_->stopping = true;
      ErrorOfAsio ignored;
      acceptor_.close(ignored);
      retry_.cancel();
      for (Connection* connection : std::set<Connection*>(shared_->all)) connection->stop();
      drain_.expires_after(shared_->options.drain_wait);
      drain_.async_wait([this](ErrorOfAsio) { io_.stop(); });
      look_for_the_end();
    });
  }

  Status renew_tls(const TlsFiles& files) {
    LQ_TRY(auto context, server_context(files));
    asio::post(io_, [this, context = std::move(context)] { shared_->tls = context; });
    return {};
  }

  void wake_streams() {
    if (waking_.exchange(true)) return;
    asio::post(io_, [this] {
      waking_ = false;
      for (Connection* connection : std::set<Connection*>(shared_->all)) connection->wake();
    });
  }

  Traffic traffic() const {
    const std::lock_guard hold(shared_->traffic_lock);
    Traffic out = shared_->traffic;
    out.connections = shared_->connections;
    out.streams = shared_->streams;
    return out;
  }

 private:
  void accept() {
    acceptor_.async_accept([this](ErrorOfAsio error, tcp::socket socket) {
      if (shared_->stopping) return;
      if (error) {  // out of descriptors, most likely: give connections time to end
        retry_.expires_after(std::chrono::milliseconds(100));
        retry_.async_wait([this](ErrorOfAsio cancelled) {
          if (!cancelled) accept();
        });
        return;
      }
      welcome(std::move(socket));
      accept();
    });
  }

  void welcome(tcp::socket socket) {
    ErrorOfAsio error;
    const auto peer = socket.remote_endpoint(error).address();
    if (error) return;
    const std::string name = peer.is_loopback() ? std::string() : peer.to_string();
    const auto at = shared_->per_peer.find(name);
    const std::size_t of_peer = at == shared_->per_peer.end() ? 0 : at->second;
    if (shared_->all.size() >= shared_->options.max_connections ||
        (!name.empty() && of_peer >= shared_->options.max_per_peer)) {
      const std::lock_guard hold(shared_->traffic_lock);
      ++shared_->traffic.turned_away;
      return;
    }
    Connection::make(std::move(socket), shared_, name)->start();
  }

  void look_for_the_end() {
    retry_.expires_after(std::chrono::milliseconds(10));
    retry_.async_wait([this](ErrorOfAsio) {
      if (shared_->all.empty()) return io_.stop();
      look_for_the_end();
    });
  }

  std::shared_ptr<Shared> shared_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer retry_, drain_;
  std::atomic<bool> waking_{false};
};

Result<std::unique_ptr<Server>> Server::listen(const ServerOptions& options, Answerer& answerer) {
  auto listener = std::make_unique<Listener>(options, answerer);
  if (Status s = listener->open(); !s) return Unexpected<Error>(s.error());
  return std::unique_ptr<Server>(new Server(std::move(listener)));
}

Server::Server(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
Server::~Server() = default;

std::string Server::url() const { return listener_->url(); }
void Server::run() { listener_->run(); }
void Server::stop() { listener_->stop(); }
void Server::wake_streams() { listener_->wake_streams(); }
Status Server::renew_tls(const TlsFiles& files) { return listener_->renew_tls(files); }
Traffic Server::traffic() const { return listener_->traffic(); }

}  // namespace lianqing::http
