#include "connectors/http/token_body.h"

#include "connectors/http/json_body.h"
#include "connectors/http/routes.h"

namespace lianqing::http {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostListed = 1000;

Unexpected<Response> refuse(std::string_view detail) {
  return Unexpected<Response>(problem(400, "token", detail));
}

std::string_view members_of(RouteId route) {
  switch (route) {
    case RouteId::create_token: return "name, role, expires, units, source, types";
    case RouteId::rotate_token: return "name, expires, overlap";
    default: return "name";
  }
}

bool is_member(std::string_view members, std::string_view name) {
  for (std::size_t from = 0; from <= members.size();) {
    const std::size_t to = std::min(members.find(',', from), members.size());
    if (members.substr(from, to - from) == name) return true;
    from = to + 2;
  }
  return false;
}

}  // namespace

Outcome<TokenBody, Response> token_body(const Request& request) {
  const auto body = json_body(request, "token");
  if (!body) return Unexpected<Response>(body.error());
  const std::string_view members = members_of(request.route);
  const auto* object = body->if_object();
  if (object == nullptr) return refuse("expected an object with " + std::string(members));
  TokenBody out;
  bool has_role = request.route != RouteId::create_token;
  for (const auto& [key, value] : *object) {
    const std::string name(key.data(), key.size());
    if (!is_member(members, name)) {
      return refuse("'" + name + "' is not known; there are " + std::string(members));
    }
    if (name == "units" || name == "types") {
      const auto* list = value.if_array();
      if (list == nullptr || list->size() > kMostListed) return refuse(name + ": expected a list");
      for (const json::value& one : *list) {
        if (!one.is_string()) return refuse(name + ": expected a list of texts");
        (name == "units" ? out.units : out.types)
            .emplace_back(one.get_string().data(), one.get_string().size());
      }
      continue;
    }
    const auto* text = value.if_string();
    if (text == nullptr) return refuse(name + ": expected a text");
    const std::string given(text->data(), text->size());
    if (name == "role") {
      const auto role = role_of(given);
      if (!role) return refuse("role: expected one of those in docs/operations.md");
      out.role = *role;
      has_role = true;
    } else if (name == "name" || name == "source") {
      (name == "name" ? out.name : out.source) = given;
    } else {
      const auto at = parse_rfc3339(given);
      if (!at) return refuse(name + ": expected an instant such as 2027-03-05T10:00:00+08:00");
      (name == "expires" ? out.expires : out.overlap) = *at;
    }
  }
  if (out.name.empty()) return refuse("'name' is needed: who uses the token");
  if (!has_role) return refuse("'role' is needed");
  return out;
}

}  // namespace lianqing::http
