// The table of endpoints: routing, authorisation, /openapi.json and the contract test all read it.
// A new endpoint is a row here and a case in the program that answers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "connectors/http/message.h"

namespace lianqing::http {

enum class RouteId : std::uint8_t {
  post_events,
  list_units,
  get_unit,
  list_warnings,
  get_warning,
  stream,
  get_rules,
  check_rules,
  propose_rules,
  list_proposals,
  get_proposal,
  activate_rules,
  list_quarantine,
  list_sources,
  list_audit,
  list_tokens,
  create_token,
  rotate_token,
  revoke_token,
  explain,
  whatif,
  metrics,
  health,
  ready,
  openapi,
  dashboard,
  dashboard_script,
  dashboard_style,
};

struct Parameter {
  std::string_view name;
  std::string_view type;  // JSON Schema: "string", "integer"
  std::string_view description;
};

struct Route {
  RouteId id;
  std::string_view method;
  std::string_view path;      // at most one {…}, which stands for the rest
  std::string_view argument;  // what the {…} is; empty: none
  Roles roles;                // 0: needs no token
  std::string_view summary;
  std::span<const Parameter> query;
  std::span<const std::string_view> takes;  // media types of the body
  std::string_view gives;                   // media type of the answer
  std::span<const int> statuses;            // beside 401 and 403
  bool confidential = false;                // who reads it is noted in the audit log
  bool by_unit = false;  // answers by unit, or is about none: a token limited to units may call it
};

std::span<const Route> routes();

struct Routed {
  const Route* route = nullptr;  // null: no such path, or not with this method
  std::string argument;
  std::string allow;  // methods the path has, if it exists
};
Routed find_route(std::string_view method, std::string_view path);

// OpenAPI 3.1 of the table.
std::string openapi(std::string_view version);

}  // namespace lianqing::http
