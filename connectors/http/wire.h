// The bytes of a connection, with or without TLS around them.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "connectors/http/tls.h"

namespace lianqing::http {

class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Done = std::function<void(boost::system::error_code, std::size_t)>;

  // `context` null: no TLS.
  Wire(Socket socket, const std::shared_ptr<boost::asio::ssl::context>& context)
      : socket_(std::move(socket)), context_(context) {
    if (context_) tls_.emplace(socket_, *context_);
  }
  Wire(const Wire&) = delete;

  Socket& socket() { return socket_; }
  bool is_secured() const { return tls_.has_value(); }
  // The common name of the other side's certificate; after the handshake.
  std::string proved_name() { return tls_ ? http::proved_name(*tls_) : std::string(); }

  // Only with TLS, before anything else.
  void handshake(std::function<void(boost::system::error_code)> done) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
  }
  void read_some(boost::asio::mutable_buffer to, Done done) {
    if (tls_) return tls_->async_read_some(to, std::move(done));
    socket_.async_read_some(to, std::move(done));
  }
  void write_some(boost::asio::const_buffer from, Done done) {
    if (tls_) return tls_->async_write_some(from, std::move(done));
    socket_.async_write_some(from, std::move(done));
  }
  // Says that nothing more comes. With TLS nothing may be read from then on.
  void finish(std::function<void()> done) {
    if (tls_)
      return tls_->async_shutdown([done = std::move(done)](boost::system::error_code) { done(); });
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  Socket socket_;
  std::shared_ptr<boost::asio::ssl::context> context_;  // outlives the stream
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
};

}  // namespace lianqing::http
