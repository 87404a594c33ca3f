// The query parameters that lists share, read and checked.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include "cli/serve/warning_text.h"
#include "connectors/http/message.h"
#include "lianqing/level.h"
#include "lianqing/result.h"
#include "lianqing/time.h"
#include "rules/fingerprint.h"

namespace lianqing {

using Refused = Unexpected<http::Response>;

inline Refused bad_parameter(const std::string& name, const std::string& expected) {
  return Refused(http::problem(400, "parameter", "'" + name + "' expects " + expected));
}

// A number from 1 to `most`.
inline Outcome<std::uint64_t, http::Response> number_parameter(const http::Request& request,
                                                               const std::string& name,
                                                               std::uint64_t otherwise,
                                                               std::uint64_t most) {
  const auto text = request.parameter(name);
  if (!text) return otherwise;
  std::uint64_t value = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
  if (end.ec != std::errc{} || end.ptr != text->data() + text->size() || value == 0 ||
      value > most) {
    return bad_parameter(name, "a number from 1 to " + std::to_string(most));
  }
  return value;
}

inline constexpr std::uint64_t kPage = 100, kMostPage = 1000;

inline Outcome<std::optional<Instant>, http::Response> instant_parameter(
    const http::Request& request, const std::string& name) {
  const auto text = request.parameter(name);
  if (!text) return std::optional<Instant>{};
  const auto t = parse_rfc3339(*text);
  if (!t) return bad_parameter(name, "a time such as 2026-03-05T10:00:00+08:00");
  return std::optional<Instant>{*t};
}

inline Outcome<std::optional<Level>, http::Response> level_parameter(const http::Request& request,
                                                                     const std::string& parameter) {
  const auto text = request.parameter(parameter);
  if (!text) return std::optional<Level>{};
  if (const auto level = level_named(*text)) return level;
  return bad_parameter(parameter, "green, yellow or red");
}

inline Outcome<bool, http::Response> flag_parameter(const http::Request& request,
                                                    const std::string& parameter) {
  const auto text = request.parameter(parameter);
  if (!text || *text == "false") return false;
  if (*text == "true") return true;
  return bad_parameter(parameter, "true or false");
}

// The answer with its entity tag, or that nothing has changed since the client asked.
inline http::Response with_tag(const http::Request& request, const std::string& tag,
                               http::Response answer) {
  const std::string quoted = "\"" + tag + "\"";
  answer.fields.emplace_back("ETag", quoted);
  if (request.field("if-none-match").find(quoted) != std::string_view::npos) {
    answer.status = 304;
    answer.body.clear();
  }
  return answer;
}

// The same. A tag tells of all units: one who sees some of them gets the hash of the answer for it,
// when it is as it leaves.
inline http::Response tagged(const http::Request& request, const std::string& tag,
                             http::Response answer) {
  return request.caller.is_limited() ? answer : with_tag(request, tag, std::move(answer));
}
inline http::Response tagged_by_content(const http::Request& request, http::Response answer) {
  const std::string tag = hex(sha256(answer.body)).substr(0, 32);
  return with_tag(request, tag, std::move(answer));
}

}  // namespace lianqing
