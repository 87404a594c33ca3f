#include "connectors/http/whatif_body.h"

#include "connectors/http/json_body.h"

namespace lianqing::http {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostParams = 1000;

Unexpected<Response> refuse(std::string_view detail) {
  return Unexpected<Response>(problem(400, "whatif", detail));
}

}  // namespace

Outcome<WhatIfBody, Response> whatif_body(const Request& request) {
  const auto body = json_body(request, "whatif");
  if (!body) return Unexpected<Response>(body.error());
  const auto* object = body->if_object();
  if (object == nullptr) return refuse("expected {\"params\": {\"NAME\": VALUE}}");
  WhatIfBody out;
  for (const auto& [member, value] : *object) {
    const std::string_view name(member.data(), member.size());
    if (name == "params") {
      const auto* params = value.if_object();
      if (params == nullptr || params->size() > kMostParams) {
        return refuse("params: expected {\"NAME\": VALUE}");
      }
      for (const auto& [param, number] : *params) {
        if (number.is_object() || number.is_array() || number.is_null()) {
          return refuse("params: every value is a number, a text, true or false");
        }
        out.params.emplace_back(std::string(param.data(), param.size()), json::serialize(number));
      }
    } else if (name == "days") {
      const auto* days = value.if_int64();
      if (days == nullptr || *days < 1 || *days > static_cast<std::int64_t>(kMostWhatIfDays)) {
        return refuse("days: expected a number from 1 to " + std::to_string(kMostWhatIfDays));
      }
      out.days = static_cast<std::uint64_t>(*days);
    } else if (name == "files") {
      auto files = files_of(&value);
      if (!files) return Unexpected<Response>(files.error());
      out.files = *std::move(files);
    } else {
      return refuse("'" + std::string(name) + "' is not known; there are params, files and days");
    }
  }
  if (out.params.empty() && out.files.empty()) {
    return refuse("nothing is changed: give params, or a whole pack in files");
  }
  return out;
}

}  // namespace lianqing::http
