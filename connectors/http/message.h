// A request as it arrived and an answer as it leaves, in plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/http/role.h"

namespace lianqing::http {

enum class RouteId : std::uint8_t;

struct Request {
  RouteId route{};
  std::string method;
  std::string path;                           // decoded, without the query
  std::map<std::string, std::string> query;   // decoded; a name given twice is refused before
  std::map<std::string, std::string> fields;  // header fields by lower-case name
  std::string body;
  std::string argument;  // what stands for {…} in the route's path
  Caller caller;

  // Empty if absent.
  std::string_view field(const std::string& name) const {
    const auto at = fields.find(name);
    return at == fields.end() ? std::string_view{} : std::string_view(at->second);
  }
  std::optional<std::string> parameter(const std::string& name) const {
    const auto at = query.find(name);
    if (at == query.end()) return std::nullopt;
    return at->second;
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // further header fields

  static Response json(std::string body, int status = 200) {
    return {status, "application/json", std::move(body), {}};
  }
};

// Called once, on any thread.
using Reply = std::function<void(Response)>;

// RFC 9457. `code`: stable, for programs; `detail`: what was expected and what to do.
Response problem(int status, std::string_view code, std::string_view detail);
// Refused for now: come back after so many seconds.
Response try_later(int status, std::string_view code, std::string_view detail, int seconds);

std::string_view reason_phrase(int status);

}  // namespace lianqing::http
