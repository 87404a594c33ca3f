// A request's body as JSON, and the rule files in one; for the parsers of bodies in this folder.
#pragma once

#include <boost/json.hpp>
#include <string_view>
#include <vector>

#include "connectors/http/message.h"
#include "lianqing/diagnostic.h"

namespace lianqing::http {

// Fails with the answer to give: 415 if it is not said to be JSON, 400 of `code` if it is not.
[[nodiscard]] Outcome<boost::json::value, Response> json_body(const Request& request,
                                                              std::string_view code);

// The member if it is there and a text; else null.
const boost::json::string* text_member(const boost::json::object& object, std::string_view name);

// The list of {"name", "text"}; null: there is none. Fails with the answer to give (400).
[[nodiscard]] Outcome<std::vector<SourceText>, Response> files_of(const boost::json::value* files);

}  // namespace lianqing::http
