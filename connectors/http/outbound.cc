#include "connectors/http/outbound.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>

#include "lianqing/assert.h"

namespace lianqing::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kMostAnswer = 256U << 10;  // bytes
constexpr std::chrono::milliseconds kSlice{50};    // between two looks at the stop token

// One message under way: one step after the other, each until it is done, the deadline has passed
// or a stop is requested.
class Exchange {
 public:
  Exchange(const OutboundUrl& url, const OutboundRules& rules, const std::stop_token& stop)
      : url_(url), rules_(rules), stop_(stop), deadline_(SteadyClock::now() + rules.patience) {}

  beast::error_code connect(const asio::ip::address& address) {
    socket_.emplace(loop_);
    return run([&](auto done) { socket_->async_connect({address, url_.port}, done); });
  }

  // Fails with what is wrong with certificates or files.
  Result<OutboundAnswer> talk(const OutboundMessage& message) {
    if (!url_.tls) return exchange(*socket_, message);
    asio::ssl::context context(asio::ssl::context::tls_client);
    beast::error_code error;
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                            asio::ssl::context::no_tlsv1_1,
                        error);
    if (rules_.ca.empty()) {
      context.set_default_verify_paths(error);
    } else {
      context.load_verify_file(rules_.ca, error);
    }
    if (error) return failure(ErrorCode::io, rules_.ca + ": " + error.message());
    asio::ssl::stream<tcp::socket&> stream(*socket_, context);
    stream.set_verify_mode(asio::ssl::verify_peer, error);
    stream.set_verify_callback(asio::ssl::host_name_verification(url_.host), error);
    beast::error_code not_an_address;
    asio::ip::make_address(url_.host, not_an_address);
    if (not_an_address &&
        SSL_set_tlsext_host_name(stream.native_handle(), url_.host.c_str()) != 1) {
      return failure(ErrorCode::io, "the host's name cannot be told to the server");
    }
    error = run([&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, done); });
    if (error) return failure(ErrorCode::io, "TLS: " + error.message());
    return exchange(stream, message);
  }

 private:
  template <class Step>
  beast::error_code run(Step step) {
    std::optional<beast::error_code> out;
    step([&out](const beast::error_code& error, auto&&...) { out = error; });
    loop_.restart();
    bool cut = false;
    while (!out) {
      loop_.run_for(kSlice);
      if (out || cut || (SteadyClock::now() < deadline_ && !stop_.stop_requested())) continue;
      beast::error_code ignored;
      socket_->close(ignored);
      cut = true;
    }
    if (cut) return asio::error::timed_out;
    return *out;
  }

  template <class Stream>
  Result<OutboundAnswer> exchange(Stream& stream, const OutboundMessage& message) {
    beast::http::request<beast::http::string_body> request;
    request.version(11);
    request.method_string(message.method);
    request.target(url_.target);
    const bool six = url_.host.find(':') != std::string::npos;
    const bool usual = url_.port == (url_.tls ? 443 : 80);
    request.set(beast::http::field::host, (six ? "[" + url_.host + "]" : url_.host) +
                                              (usual ? "" : ":" + std::to_string(url_.port)));
    request.set(beast::http::field::user_agent, "lianqing");
    request.set(beast::http::field::connection, "close");
    for (const auto& [name, value] : message.headers) request.set(name, value);
    request.body() = message.body;
    request.prepare_payload();
    beast::error_code error =
        run([&](auto done) { beast::http::async_write(stream, request, done); });
    if (error) return failure(ErrorCode::io, error.message());
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(kMostAnswer);
    error = run([&](auto done) { beast::http::async_read(stream, buffer, parser, done); });
    // What the status says is enough when the rest is too long.
    if (error && !(parser.is_header_done() && error == beast::http::error::body_limit)) {
      return failure(ErrorCode::io, error.message());
    }
    OutboundAnswer out;
    out.status = static_cast<int>(parser.get().result_int());
    const auto after = parser.get()[beast::http::field::retry_after];
    out.retry_after.assign(after.data(), after.size());
    out.body = std::move(parser.get().body());
    return out;
  }

  const OutboundUrl& url_;
  const OutboundRules& rules_;
  const std::stop_token stop_;
  const SteadyClock::time_point deadline_;
  asio::io_context loop_;
  std::optional<tcp::socket> socket_;
};

}  // namespace

Result<OutboundUrl> parse_outbound_url(const std::string& text) {
  const auto wrong = [](const char* what) {
    return failure(ErrorCode::usage,
                   std::string("expected a URL such as https://host/path: ") + what);
  };
  OutboundUrl out;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    out.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong("it begins with https:// or http://");
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) {
      return wrong("only printable ASCII characters may stand in it");
    }
  }
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  out.target = rest.substr(0, rest.find('#'));
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  out.port = out.tls ? 443 : 80;
  if (authority.find('@') != std::string_view::npos) return wrong("no user name may stand in it");
  const bool bracketed = authority.starts_with('[');
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string_view::npos) return wrong("a bracket is open");
  out.host = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  authority.remove_prefix(std::min(authority.size(), bracketed ? end + 1 : end));
  if (out.host.empty()) return wrong("the host is missing");
  if (authority.empty()) return out;
  const char* last = authority.data() + authority.size();
  const auto port = std::from_chars(authority.data() + 1, last, out.port);
  if (authority[0] != ':' || port.ec != std::errc{} || port.ptr != last || out.port == 0) {
    return wrong("the port is a number up to 65535");
  }
  return out;
}

Result<std::vector<std::string>> resolve_by_system(const std::string& host) {
  asio::io_context loop;
  beast::error_code error;
  tcp::resolver resolver(loop);
  const auto found = resolver.resolve(host, "", error);
  if (error) return failure(ErrorCode::io, host + ": " + error.message());
  std::vector<std::string> out;
  for (const auto& entry : found) {
    const std::string address = entry.endpoint().address().to_string();
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(address);
  }
  return out;
}

Result<OutboundAnswer> send_outbound(const OutboundUrl& url, const OutboundRules& rules,
                                     const OutboundMessage& message, const std::stop_token& stop,
                                     const Resolve& resolve) {
  const std::string where = url.host + ":" + std::to_string(url.port);
  LQ_TRY(std::vector<std::string> addresses, resolve(url.host));
  const std::string first = addresses.empty() ? "" : addresses[0];
  std::erase_if(addresses, [&](const std::string& a) { return !may_reach(a, rules.networks); });
  if (addresses.empty()) {
    return failure(ErrorCode::refused,
                   where + " is at " + first +
                       ", which is not public: list its network under outbound, networks");
  }
  Exchange exchange(url, rules, stop);
  beast::error_code error;
  for (const std::string& address : addresses) {
    error = exchange.connect(asio::ip::make_address(address));
    if (!error || error == asio::error::timed_out) break;
  }
  if (error) return failure(ErrorCode::io, where + ": " + error.message());
  auto answer = exchange.talk(message);
  if (!answer) answer.error().what = where + ": " + answer.error().what;
  return answer;
}

}  // namespace lianqing::http
