#include "connectors/http/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <optional>

#include "connectors/secret_file.h"
#include "lianqing/assert.h"

namespace lianqing::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

constexpr std::uint64_t kMostAnswer = 64U << 20;  // bytes

}  // namespace

Result<Url> parse_url(const std::string& text) {
  const std::string_view scheme = text.starts_with("https:") ? "https://" : "http://";
  const auto wrong = [&] {
    return failure(ErrorCode::usage,
                   "expected a URL such as http://127.0.0.1:8620, not '" + text + "'");
  };
  std::string_view rest = text;
  if (!rest.starts_with(scheme)) return wrong();
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Url out;
  out.tls = scheme.size() == 8;
  const bool bracketed = rest.starts_with('[');
  const std::size_t end = bracketed ? rest.find(']') : rest.find(':');
  out.host = rest.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  if (bracketed && end == std::string_view::npos) return wrong();
  rest.remove_prefix(std::min(rest.size(), bracketed ? end + 1 : end));
  if (out.host.empty() || out.host.find_first_of("/?#@ ") != std::string::npos) return wrong();
  if (rest.empty()) return out;
  const char* last = rest.data() + rest.size();
  const auto port = std::from_chars(rest.data() + 1, last, out.port);
  if (rest[0] != ':' || port.ec != std::errc{} || port.ptr != last) return wrong();
  return out;
}

struct Client::Wire {
  Url url;
  std::string token;
  std::chrono::milliseconds patience;
  ClientTls tls;
  asio::io_context loop;
  // One of the two is there while connected.
  std::optional<beast::tcp_stream> plain;
  std::optional<asio::ssl::context> context;
  std::optional<asio::ssl::stream<beast::tcp_stream>> secured;

  bool connected() const { return plain || secured; }
  void drop() {
    plain.reset();
    secured.reset();
  }

  // Runs one asynchronous step to its end: only those obey the stream's time limit.
  template <class Step>
  beast::error_code run(Step step) {
    beast::error_code out;
    step([&out](const beast::error_code& error, auto&&...) { out = error; });
    loop.restart();
    loop.run();
    return out;
  }

  Status connect() {
    beast::error_code error;
    tcp::resolver resolver(loop);
    const auto found = resolver.resolve(url.host, std::to_string(url.port), error);
    if (error) return wrong(error);
    if (url.tls) {
      if (Status s = prepare(); !s) return s;
    } else {
      plain.emplace(loop);
    }
    beast::tcp_stream& stream = secured ? secured->next_layer() : *plain;
    stream.expires_after(patience);
    error = run([&](auto done) { stream.async_connect(found, done); });
    if (error) return wrong(error);
    if (!secured) return {};
    error = run([&](auto done) { secured->async_handshake(asio::ssl::stream_base::client, done); });
    if (!error) return {};
    return failure(ErrorCode::io, base() + ": TLS: " + error.message() +
                                      "; --ca FILE names who has signed its certificate");
  }

  Status prepare() {
    namespace ssl = asio::ssl;
    beast::error_code error;
    context.emplace(ssl::context::tls_client);
    context->set_options(
        ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
        error);
    if (tls.ca.empty()) {
      context->set_default_verify_paths(error);
    } else {
      context->load_verify_file(tls.ca, error);
      if (error) return unusable(tls.ca, error);
    }
    if (!tls.certificate.empty()) {
      LQ_TRY(const std::string key, read_secret_file(tls.key));
      context->use_certificate_chain_file(tls.certificate, error);
      if (error) return unusable(tls.certificate, error);
      context->use_private_key(asio::buffer(key), ssl::context::pem, error);
      if (error) return unusable(tls.key, error);
    }
    secured.emplace(beast::tcp_stream(loop), *context);
    secured->set_verify_mode(ssl::verify_peer, error);
    secured->set_verify_callback(ssl::host_name_verification(url.host), error);
    beast::error_code not_an_address;
    asio::ip::make_address(url.host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(secured->native_handle(), url.host.c_str());
    return {};
  }

  static Status unusable(const std::string& path, const beast::error_code& error) {
    return failure(ErrorCode::refused, path + " cannot be used for TLS: " + error.message());
  }
  std::string base() const { return (url.tls ? "https://" : "http://") + authority(); }
  Status wrong(const beast::error_code& error) const {
    return failure(ErrorCode::io, base() + ": " + error.message());
  }

  std::string authority() const {
    const bool address = url.host.find(':') != std::string::npos;  // IPv6
    return (address ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
  }

  beast::error_code exchange(const std::string& target, ClientAnswer& answer) {
    return secured ? exchange(*secured, target, answer) : exchange(*plain, target, answer);
  }

  template <class Stream>
  beast::error_code exchange(Stream& stream, const std::string& target, ClientAnswer& answer) {
    beast::http::request<beast::http::empty_body> request(beast::http::verb::get, target, 11);
    request.set(beast::http::field::host, authority());
    if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
    beast::get_lowest_layer(stream).expires_after(patience);
    beast::error_code error =
        run([&](auto done) { beast::http::async_write(stream, request, done); });
    if (error) return error;
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kMostAnswer);
    error = run([&](auto done) { beast::http::async_read(stream, buffer, parser, done); });
    if (error) return error;
    const bool lasts = parser.get().keep_alive();
    answer.status = static_cast<int>(parser.get().result_int());
    answer.body = std::move(parser.get().body());
    if (!lasts) drop();
    return {};
  }
};

Client::Client(Url url, std::string token, std::chrono::milliseconds patience, ClientTls tls)
    : wire_(std::make_unique<Wire>()) {
  wire_->url = std::move(url);
  wire_->token = std::move(token);
  wire_->patience = patience;
  wire_->tls = std::move(tls);
}

Client::~Client() = default;

Result<ClientAnswer> Client::get(const std::string& target) {
  ClientAnswer answer;
  // A connection that was kept may have been closed meanwhile: then once more on a new one.
  for (bool kept = wire_->connected();; kept = false) {
    if (!kept) {
      if (Status s = wire_->connect(); !s) {
        wire_->drop();
        return Unexpected<Error>(s.error());
      }
    }
    const beast::error_code error = wire_->exchange(target, answer);
    if (!error) return answer;
    wire_->drop();
    if (!kept) return failure(ErrorCode::io, wire_->base() + target + ": " + error.message());
  }
}

}  // namespace lianqing::http
