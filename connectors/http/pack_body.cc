#include "connectors/http/pack_body.h"

#include "connectors/http/json_body.h"

namespace lianqing::http {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxReason = 4096;

Unexpected<Response> refuse(std::string_view detail) {
  return Unexpected<Response>(problem(400, "pack", detail));
}

}  // namespace

const json::string* text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains({name.data(), name.size()});
  return value == nullptr ? nullptr : value->if_string();
}

Outcome<json::value, Response> json_body(const Request& request, std::string_view code) {
  if (!request.field("content-type").starts_with("application/json")) {
    return Unexpected<Response>(problem(415, "media_type", "expected application/json"));
  }
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  json::value body = json::parse(request.body, error, {}, options);
  if (error) {
    return Unexpected<Response>(problem(400, code, "the body is not JSON: " + error.message()));
  }
  return body;
}

Outcome<std::vector<SourceText>, Response> files_of(const json::value* files) {
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

Outcome<std::vector<SourceText>, Response> pack_files(const Request& request) {
  const auto body = json_body(request, "pack");
  if (!body) return Unexpected<Response>(body.error());
  const auto* object = body->if_object();
  return files_of(object == nullptr ? nullptr : object->if_contains("files"));
}

Outcome<ActivationBody, Response> activation_body(const Request& request) {
  const auto body = json_body(request, "pack");
  if (!body) return Unexpected<Response>(body.error());
  const auto* object = body->if_object();
  const auto* reason = object == nullptr ? nullptr : text_member(*object, "reason");
  if (reason == nullptr || reason->empty() || reason->size() > kMaxReason) {
    return refuse(
        "expected {\"reason\": \"why these rules shall rule\"} of at most 4096 bytes, and "
        "\"files\" unless the pack on disk is meant");
  }
  ActivationBody out;
  out.reason.assign(reason->data(), reason->size());
  for (const auto& member : *object) {
    if (member.key() == "reason") continue;
    if (member.key() == "proposal" && member.value().is_string()) {
      out.proposal = member.value().get_string().c_str();
      continue;
    }
    if (member.key() != "files") {
      return refuse("unknown member '" + std::string(member.key()) + "': reason, files, proposal");
    }
    auto files = files_of(&member.value());
    if (!files) return Unexpected<Response>(files.error());
    out.files = *std::move(files);
  }
  if (!out.proposal.empty() && !out.files.empty()) {
    return refuse("a proposal has its files: give one of the two");
  }
  return out;
}

}  // namespace lianqing::http
