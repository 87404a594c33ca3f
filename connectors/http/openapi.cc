// Writes the route table as OpenAPI 3.1.
#include "connectors/http/routes.h"
#include "connectors/json_writer.h"

namespace lianqing::http {
namespace {

void put_parameter(JsonWriter& out, std::string_view name, std::string_view in,
                   std::string_view type, std::string_view description, bool required) {
  out.begin_object().key("name").string(name).key("in").string(in);
  out.key("required").boolean(required).key("description").string(description);
  out.key("schema").begin_object().key("type").string(type).end_object().end_object();
}

void put_parameters(JsonWriter& out, const Route& route) {
  if (route.argument.empty() && route.query.empty()) return;
  out.key("parameters").begin_array();
  if (!route.argument.empty()) {
    const std::size_t open = route.path.find('{'), close = route.path.find('}');
    put_parameter(out, route.path.substr(open + 1, close - open - 1), "path", "string",
                  route.argument, true);
  }
  for (const Parameter& parameter : route.query) {
    put_parameter(out, parameter.name, "query", parameter.type, parameter.description, false);
  }
  out.end_array();
}

void put_content(JsonWriter& out, std::string_view media_type, std::string_view schema) {
  out.key(media_type).begin_object().key("schema").begin_object();
  if (!schema.empty()) out.key("$ref").string(schema);
  out.end_object().end_object();
}

std::string_view body_schema(RouteId id) {
  switch (id) {
    case RouteId::whatif: return "#/components/schemas/WhatIf";
    case RouteId::propose_rules: return "#/components/schemas/Proposal";
    case RouteId::create_token: return "#/components/schemas/TokenOrder";
    case RouteId::rotate_token: return "#/components/schemas/TokenRotation";
    case RouteId::revoke_token: return "#/components/schemas/TokenName";
    default: return {};
  }
}

std::string_view answer_schema(RouteId id) {
  switch (id) {
    case RouteId::whatif: return "#/components/schemas/WhatIfAnswer";
    case RouteId::post_events: return "#/components/schemas/IngestResults";
    case RouteId::create_token:
    case RouteId::rotate_token: return "#/components/schemas/Token";
    default: return {};
  }
}

void put_responses(JsonWriter& out, const Route& route) {
  out.key("responses").begin_object();
  const auto put = [&](int status) {
    out.key(std::to_string(status)).begin_object();
    out.key("description").string(reason_phrase(status));
    if (status != 304) {
      out.key("content").begin_object();
      if (status < 300 || route.id == RouteId::health || route.id == RouteId::ready) {
        put_content(out, route.gives, answer_schema(route.id));
      } else {
        put_content(out, "application/problem+json", "#/components/schemas/Problem");
      }
      out.end_object();
    }
    out.end_object();
  };
  for (const int status : route.statuses) put(status);
  if (route.roles != 0) {
    put(401);
    put(403);
  }
  out.end_object();
}

void put_operation(JsonWriter& out, const Route& route) {
  std::string method(route.method);
  for (char& c : method) c = static_cast<char>(c | 0x20);
  out.key(method).begin_object().key("summary").string(route.summary);
  if (route.roles != 0) {
    out.key("x-roles").begin_array();
    for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
      if ((route.roles & only(static_cast<Role>(i))) != 0) out.string(kRoleNames[i]);
    }
    out.end_array();
    out.key("x-limited-tokens").boolean(route.by_unit);
    out.key("security").begin_array().begin_object().key("token").begin_array().end_array();
    out.end_object().end_array();
  } else {
    out.key("security").begin_array().end_array();
  }
  put_parameters(out, route);
  if (!route.takes.empty()) {
    out.key("requestBody").begin_object().key("required").boolean(true).key("content");
    out.begin_object();
    for (const std::string_view type : route.takes) put_content(out, type, body_schema(route.id));
    out.end_object().end_object();
  }
  put_responses(out, route);
  out.end_object();
}

constexpr std::string_view kComponents =
    R"({"securitySchemes":{"token":{"type":"http","scheme":"bearer"}},"schemas":{)"
    R"("Problem":{"type":"object","required":["title","status","code","detail"],"properties":{)"
    R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},)"
    R"("code":{"type":"string"},"detail":{"type":"string"}}},)"
    R"("WhatIf":{"type":"object","properties":{"params":{"type":"object","additionalProperties":{)"
    R"("type":["number","string","boolean"]}},"days":{"type":"integer","minimum":1,"maximum":3660},)"
    R"("files":{"type":"array","items":{"type":"object","required":["name","text"],"properties":{)"
    R"("name":{"type":"string"},"text":{"type":"string"}}}}}},)"
    R"("WhatIfAnswer":{"type":"object","required":["at","running","changed","now","days"],)"
    R"("properties":{"at":{"type":["string","null"]},"running":{"type":"string"},)"
    R"("changed":{"type":"string"},"days":{"type":["integer","null"]},)"
    R"("now":{"$ref":"#/components/schemas/WhatIfChanges"},)"
    R"("period":{"$ref":"#/components/schemas/WhatIfChanges"}}},)"
    R"("WhatIfChanges":{"type":"object","required":["rules","units","changes","changes_total",)"
    R"("unit_changes","unit_changes_total"],"properties":{"rules":{"type":"object"},)"
    R"("units":{"type":"object"},"changes":{"type":"array","items":{"type":"object","required":[)"
    R"("unit","rule","key","from","to"]}},"changes_total":{"type":"integer"},)"
    R"("unit_changes":{"type":"array","items":{"type":"object","required":["unit","from","to"]}},)"
    R"("unit_changes_total":{"type":"integer"}}},)"
    R"("Proposal":{"type":"object","required":["reason","files"],"properties":{"reason":{)"
    R"("type":"string"},"files":{"type":"array","items":{"type":"object","required":["name",)"
    R"("text"],"properties":{"name":{"type":"string"},"text":{"type":"string"}}}}}},)"
    R"("TokenOrder":{"type":"object","required":["name","role"],"properties":{"name":{)"
    R"("type":"string"},"role":{"type":"string"},"expires":{"type":"string",)"
    R"("format":"date-time"},"units":{"type":"array","items":{"type":"string"}},"source":{)"
    R"("type":"string"}}},)"
    R"("TokenRotation":{"type":"object","required":["name"],"properties":{"name":{)"
    R"("type":"string"},"expires":{"type":"string","format":"date-time"},"overlap":{)"
    R"("type":"string","format":"date-time"}}},)"
    R"("TokenName":{"type":"object","required":["name"],"properties":{"name":{)"
    R"("type":"string"}}},)"
    R"("Token":{"type":"object","required":["name","token"],"properties":{"name":{)"
    R"("type":"string"},"token":{"type":"string"}}},)"
    R"("IngestResults":{"type":"object","required":["results"],"properties":{"results":{)"
    R"("type":"array","items":{"oneOf":[)"
    R"({"type":"object","required":["seq"],"properties":{"seq":{"type":"integer"}}},)"
    R"({"type":"object","required":["duplicate_of"],"properties":{"duplicate_of":{"type":"integer"}}},)"
    R"({"type":"object","required":["error"],"properties":{"error":{"type":"object",)"
    R"("required":["code","detail","position"],"properties":{"code":{"type":"string"},)"
    R"("detail":{"type":"string"},"position":{"type":"integer"}}}}}]}}}}}})";

}  // namespace

std::string openapi(std::string_view version) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("openapi").string("3.1.0").key("info").begin_object();
  out.key("title").string("lianqing").key("version").string(version).end_object();
  out.key("paths").begin_object();
  std::string_view path;
  for (const Route& route : routes()) {  // rows of one path stand together
    if (route.path != path) {
      if (!path.empty()) out.end_object();
      out.key(route.path).begin_object();
      path = route.path;
    }
    put_operation(out, route);
  }
  out.end_object().end_object().key("components").raw(kComponents).end_object();
  return text;
}

}  // namespace lianqing::http
