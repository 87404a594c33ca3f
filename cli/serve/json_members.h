// The members of a JSON object that our own writer made, as they stand, for leaving some out.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lianqing {

using JsonMember = std::pair<std::string_view, std::string_view>;  // name, value; both as written

// In their order; nothing if the text is not one whole object without white space around its parts.
std::optional<std::vector<JsonMember>> json_members(std::string_view text);

// Behind the JSON string whose opening quote is at `at`; npos if it does not end.
std::size_t json_string_end(std::string_view text, std::size_t at);

}  // namespace lianqing
