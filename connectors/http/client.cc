#include "connectors/http/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>
#include <optional>

#include "lianqing/assert.h"

namespace lianqing::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

constexpr std::uint64_t kMostAnswer = 64U << 20;  // bytes

}  // namespace

Result<Url> parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  const auto wrong = [&] {
    return failure(ErrorCode::usage,
                   "expected a URL such as http://127.0.0.1:8620, not '" + text + "'");
  };
  std::string_view rest = text;
  if (!rest.starts_with(kScheme)) return wrong();
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Url out;
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
  asio::io_context loop;
  std::optional<beast::tcp_stream> stream;

  // Runs one asynchronous step to its end: only those obey the stream's time limit.
  template <class Step>
  beast::error_code run(Step step) {
    beast::error_code out;
    step([&out](const beast::error_code& error, auto&&...) { out = error; });
    loop.restart();
    loop.run();
    return out;
  }

  beast::error_code connect() {
    beast::error_code error;
    tcp::resolver resolver(loop);
    const auto found = resolver.resolve(url.host, std::to_string(url.port), error);
    if (error) return error;
    stream.emplace(loop);
    stream->expires_after(patience);
    return run([&](auto done) { stream->async_connect(found, done); });
  }

  std::string authority() const {
    const bool address = url.host.find(':') != std::string::npos;  // IPv6
    return (address ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
  }

  beast::error_code exchange(const std::string& target, ClientAnswer& answer) {
    beast::http::request<beast::http::empty_body> request(beast::http::verb::get, target, 11);
    request.set(beast::http::field::host, authority());
    if (!token.empty()) request.set(beast::http::field::authorization, "Bearer " + token);
    stream->expires_after(patience);
    beast::error_code error =
        run([&](auto done) { beast::http::async_write(*stream, request, done); });
    if (error) return error;
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kMostAnswer);
    error = run([&](auto done) { beast::http::async_read(*stream, buffer, parser, done); });
    if (error) return error;
    const bool lasts = parser.get().keep_alive();
    answer.status = static_cast<int>(parser.get().result_int());
    answer.body = std::move(parser.get().body());
    if (!lasts) stream.reset();
    return {};
  }
};

Client::Client(Url url, std::string token, std::chrono::milliseconds patience)
    : wire_(std::make_unique<Wire>()) {
  wire_->url = std::move(url);
  wire_->token = std::move(token);
  wire_->patience = patience;
}

Client::~Client() = default;

Result<ClientAnswer> Client::get(const std::string& target) {
  ClientAnswer answer;
  beast::error_code error;
  // A connection that was kept may have been closed meanwhile: then once more on a new one.
  for (const bool kept : {wire_->stream.has_value(), false}) {
    error = kept ? beast::error_code{} : wire_->connect();
    if (!error) error = wire_->exchange(target, answer);
    if (!error) return answer;
    wire_->stream.reset();
    if (!kept) break;
  }
  return failure(ErrorCode::io, "http://" + wire_->authority() + target + ": " + error.message());
}

}  // namespace lianqing::http
