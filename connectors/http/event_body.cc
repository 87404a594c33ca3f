#include "connectors/http/event_body.h"

#include <algorithm>

#include "connectors/ascii.h"
#include "connectors/http/parse.h"
#include "connectors/json_writer.h"

namespace lianqing::http {
namespace {

Unexpected<Response> refuse(int status, std::string_view code, std::string_view detail) {
  return Unexpected<Response>(problem(status, code, detail));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Media type without parameters. Any charset but UTF-8 makes it unusable.
std::string media_type(std::string_view field) {
  const std::string whole = ascii_lower(field);
  const std::size_t semicolon = std::min(whole.find(';'), whole.size());
  const std::size_t charset = whole.find("charset=", semicolon);
  if (charset != std::string::npos) {
    std::string_view value = std::string_view(whole).substr(charset + 8);
    value = trimmed(value.substr(0, value.find(';')));
    if (value.starts_with('"')) value = value.substr(1, value.find('"', 1) - 1);
    if (value != "utf-8" && value != "utf8" && value != "us-ascii") return "charset";
  }
  return std::string(trimmed(std::string_view(whole).substr(0, semicolon)));
}

// Cuts a JSON array into its elements. Only brackets and quotes are looked at: each element is
// read strictly later. Nothing if that cannot be a JSON array.
std::optional<std::vector<std::string_view>> elements_of(std::string_view array) {
  std::vector<std::string_view> out;
  std::size_t start = 1;
  int depth = 0;
  for (std::size_t at = 1; at < array.size(); ++at) {
    const char c = array[at];
    if (c == '"') {
      for (++at; at < array.size() && array[at] != '"'; ++at) {
        if (array[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (depth > 0 && (c == '}' || c == ']')) {
      --depth;
    } else if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
      const std::string_view element = trimmed(array.substr(start, at - start));
      if (c == '}' || (element.empty() && (c == ',' || !out.empty()))) return std::nullopt;
      if (!element.empty()) out.push_back(element);
      start = at + 1;
      if (c == ']') {
        if (at + 1 != array.size()) return std::nullopt;
        return out;
      }
    }
  }
  return std::nullopt;
}

Outcome<EventTexts, Response> batch(std::string_view body) {
  EventTexts out;
  if (!body.starts_with('[')) return refuse(400, "json", "expected a JSON array of CloudEvents");
  auto elements = elements_of(body);
  if (!elements) return refuse(400, "json", "the body is not a JSON array");
  out.texts = *std::move(elements);
  return out;
}

EventTexts lines(std::string_view body) {
  EventTexts out;
  out.one_text = false;
  while (!body.empty()) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(line.size() + 1, body.size()));
    if (const std::string_view text = trimmed(line); !text.empty()) out.texts.push_back(text);
  }
  return out;
}

// Binary mode: attributes in `ce-…` fields, percent-encoded; the body is the data.
Outcome<EventTexts, Response> binary(const Request& request, const std::string& type) {
  if (!type.empty() && type != "application/json" && !type.ends_with("+json")) {
    return refuse(415, "media_type", "the data of an event must be JSON");
  }
  auto composed = std::make_shared<std::string>();
  JsonWriter json(*composed);
  json.begin_object();
  for (const auto& [name, value] : request.fields) {
    if (!name.starts_with("ce-")) continue;
    const std::string attribute = name.substr(3);
    if (attribute == "data" || attribute == "data_base64" || attribute == "datacontenttype") {
      return refuse(400, "attribute", "the header field " + name + " is not taken");
    }
    const auto text = percent_decoded(value, false);
    if (!text) return refuse(400, "attribute", "the header field " + name + " is not UTF-8");
    json.key(attribute).string(*text);
  }
  const std::string_view data = trimmed(request.body);
  if (!data.empty()) {
    const std::string alone = "[" + std::string(data) + "]";  // lest it bring further members
    const auto values = elements_of(alone);
    if (!values || values->size() != 1)
      return refuse(400, "json", "the data is not one JSON value");
    json.key("data").raw(data);
  }
  json.end_object();
  EventTexts out;
  out.texts.push_back(*composed);
  out.composed = std::move(composed);
  return out;
}

Outcome<EventTexts, Response> structured(std::string_view body) {
  EventTexts out;
  if (body.empty()) return refuse(400, "empty", "the body is empty; expected a CloudEvent");
  out.texts.push_back(body);
  return out;
}

Outcome<EventTexts, Response> by_type(const Request& request, const std::string& type) {
  const std::string_view body = trimmed(request.body);
  if (type == "application/cloudevents+json") return structured(body);
  if (type == "application/cloudevents-batch+json") return batch(body);
  if (type == "application/x-ndjson" || type == "application/jsonl" ||
      type == "application/ndjson" || type == "application/x-jsonlines") {
    return lines(request.body);
  }
  if (!request.field("ce-specversion").empty()) return binary(request, type);
  if (type == "application/json") {
    return body.starts_with('[') ? batch(body) : structured(body);
  }
  return refuse(415, "media_type",
                "expected application/cloudevents+json, application/cloudevents-batch+json, "
                "application/x-ndjson or application/json, in UTF-8");
}

}  // namespace

Outcome<EventTexts, Response> event_texts(const Request& request) {
  const std::string_view encoding = request.field("content-encoding");
  if (!encoding.empty() && ascii_lower(encoding) != "identity") {
    return refuse(415, "encoding", "a compressed body is not taken");
  }
  const auto out = by_type(request, media_type(request.field("content-type")));
  if (out && out->texts.size() > kMaxEventsPerRequest) {
    return refuse(413, "records", "more than 50000 records in one request: send several");
  }
  return out;
}

}  // namespace lianqing::http
