#include "connectors/http/pack_body.h"

#include <boost/json.hpp>

namespace lianqing::http {
namespace {

namespace json = boost::json;

Unexpected<Response> refuse(std::string_view detail) {
  return Unexpected<Response>(problem(400, "pack", detail));
}

const json::string* text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value == nullptr ? nullptr : value->if_string();
}

}  // namespace

Outcome<std::vector<SourceText>, Response> pack_files(const Request& request) {
  if (!request.field("content-type").starts_with("application/json")) {
    return Unexpected<Response>(problem(415, "media_type", "expected application/json"));
  }
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  const json::value body = json::parse(request.body, error, {}, options);
  if (error) return refuse("the body is not JSON: " + error.message());
  const auto* object = body.if_object();
  const auto* files = object == nullptr ? nullptr : object->if_contains("files");
  const auto* list = files == nullptr ? nullptr : files->if_array();
  if (list == nullptr || list->empty()) {
    return refuse("expected {\"files\": [{\"name\": \"rules.yaml\", \"text\": \"...\"}]}");
  }
  if (list->size() > kMaxPackFiles) return refuse("more than 256 files");
  std::vector<SourceText> out;
  for (const json::value& entry : *list) {
    const auto* file = entry.if_object();
    const auto* name = file == nullptr ? nullptr : text_member(*file, "name");
    const auto* text = file == nullptr ? nullptr : text_member(*file, "text");
    if (name == nullptr || text == nullptr) {
      return refuse("every file has a name and a text, both strings");
    }
    out.push_back(
        {std::string(name->data(), name->size()), std::string(text->data(), text->size())});
  }
  return out;
}

}  // namespace lianqing::http
