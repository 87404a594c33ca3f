#include "cli/serve/token_answers.h"

#include "cli/serve/tokens.h"
#include "connectors/http/routes.h"
#include "connectors/http/token_body.h"
#include "connectors/json_writer.h"

namespace lianqing {
namespace {

using http::Response;
using http::RouteId;

void put_instant(JsonWriter& json, std::string_view key, const std::optional<Instant>& t) {
  json.key(key);
  if (t) {
    json.string(format_rfc3339(*t));
  } else {
    json.null();
  }
}

// `refusal`: the status of what the file does not allow.
Response wrong(const Error& error, int refusal) {
  switch (error.code) {
    case ErrorCode::usage: return http::problem(400, "token", error.what);
    case ErrorCode::refused: return http::problem(refusal, "token", error.what);
    default: return http::problem(500, "tokens", error.what);
  }
}

Response told(const std::string& name, const std::string& token) {
  Response out;
  JsonWriter json(out.body);
  json.begin_object().key("name").string(name).key("token").string(token).end_object();
  return out;
}

}  // namespace

Response list_tokens(const std::string& path, Instant now) {
  const auto tokens = read_tokens(path);
  if (!tokens) return wrong(tokens.error(), 500);
  Response out;
  JsonWriter json(out.body);
  json.begin_object().key("tokens").begin_array();
  for (const AccessToken& token : *tokens) {
    json.begin_object().key("name").string(token.name).key("role").string(name(token.role));
    json.key("in_force").boolean(is_in_force(token, now)).key("units").begin_array();
    for (const std::string& unit : token.units) json.string(unit);
    json.end_array().key("source").string(token.source).key("types").begin_array();
    for (const std::string& type : token.types) json.string(type);
    json.end_array();
    put_instant(json, "created", token.created);
    put_instant(json, "expires", token.expires);
    put_instant(json, "revoked", token.revoked);
    json.key("created_by").string(token.created_by);
    json.key("revoked_by").string(token.revoked_by).end_object();
  }
  json.end_array().end_object();
  return out;
}

Response change_token(const http::Request& request, const std::string& path, Instant now) {
  const auto body = http::token_body(request);
  if (!body) return body.error();
  if ((body->expires && *body->expires <= now) || (body->overlap && *body->overlap <= now)) {
    return http::problem(400, "token", "expires and overlap are instants to come");
  }
  const std::string& by = request.caller.name;
  if (request.route == RouteId::revoke_token) {
    if (Status s = revoke_token(path, body->name, now, by); !s) return wrong(s.error(), 404);
    Response out;
    JsonWriter json(out.body);
    json.begin_object().key("name").string(body->name).end_object();
    return out;
  }
  if (request.route == RouteId::rotate_token) {
    const auto token = rotate_token(path, body->name, now, body->overlap, body->expires, by);
    return token ? told(body->name, *token) : wrong(token.error(), 404);
  }
  const auto token = create_token(
      path, {body->name, body->role, body->expires, body->units, body->source, by, body->types},
      now);
  return token ? told(body->name, *token) : wrong(token.error(), 409);
}

}  // namespace lianqing
