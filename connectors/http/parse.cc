#include "connectors/http/parse.h"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "connectors/utf8.h"

namespace lianqing::http {
namespace {

namespace beast = boost::beast;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Unexpected<Refusal> refuse(std::string detail) {
  return Unexpected<Refusal>(Refusal{400, std::move(detail)});
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Outcome<void, Refusal> read_target(std::string_view target, Request& out) {
  if (target.starts_with("http://") || target.starts_with("HTTP://")) {
    const std::size_t path = target.find_first_of("/?", 7);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::size_t mark = std::min(target.find('?'), target.size());
  const auto path = percent_decoded(target.substr(0, mark), false);
  if (!path) return refuse("the path is not percent-encoded UTF-8");
  out.path = *path;
  if (mark == target.size()) return {};
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decoded(pair.substr(0, equals), true);
    const auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return refuse("the query is not percent-encoded UTF-8");
    if (!out.query.emplace(*name, *value).second) {
      return refuse("the query names '" + *name + "' twice");
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (first_bad_utf8(out) != std::string_view::npos) return std::nullopt;
  return out;
}

Outcome<Request, Refusal> parse_message(std::string_view message) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(kMaxHeadBytes));
  parser.body_limit(message.size());
  parser.eager(true);
  beast::error_code error;
  std::size_t used = 0;
  while (used < message.size() && !parser.is_done() && !error) {
    const std::size_t n =
        parser.put(boost::asio::buffer(message.data() + used, message.size() - used), error);
    used += n;
    if (n == 0 && !error) break;
  }
  if (error || !parser.is_done() || used != message.size()) {
    return refuse("malformed message" + (error ? ": " + error.message() : std::string()));
  }
  auto parsed = parser.release();
  Request out;
  out.method = std::string(view(parsed.method_string()));
  for (const auto& field : parsed) {
    std::string name(view(field.name_string()));
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const std::string value(view(field.value()));
    if (const auto [at, fresh] = out.fields.emplace(name, value); !fresh) {
      if (name.starts_with("ce-") || name == "content-type" || name == "authorization" ||
          name == "last-event-id") {
        return refuse("the header field " + name + " occurs twice");
      }
      at->second += ", " + value;
    }
  }
  out.body = std::move(parsed.body());
  if (auto s = read_target(view(parsed.target()), out); !s) {
    return Unexpected<Refusal>(s.error());
  }
  return out;
}

}  // namespace lianqing::http
