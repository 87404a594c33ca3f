#include "connectors/http/message.h"

#include "connectors/json_writer.h"

namespace lianqing::http {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 207: return "Multi-Status";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Status";
  }
}

Response problem(int status, std::string_view code, std::string_view detail) {
  Response out;
  out.status = status;
  out.content_type = "application/problem+json";
  JsonWriter json(out.body);
  json.begin_object().key("type").string("about:blank").key("title").string(reason_phrase(status));
  json.key("status").integer(status).key("code").string(code).key("detail").string(detail);
  json.end_object();
  if (status == 401) out.fields.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

Response try_later(int status, std::string_view code, std::string_view detail, int seconds) {
  Response out = problem(status, code, detail);
  out.fields.emplace_back("Retry-After", std::to_string(seconds));
  return out;
}

}  // namespace lianqing::http
