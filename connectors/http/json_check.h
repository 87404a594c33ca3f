// Whether a text is JSON at all (RFC 8259), whatever it says; nested at most 32 deep.
#pragma once

#include <string_view>

namespace lianqing::http {

bool is_json(std::string_view text);

}  // namespace lianqing::http
