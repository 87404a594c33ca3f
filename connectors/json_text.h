// A JSON string literal as the text it stands for.
#pragma once

#include <string>
#include <string_view>

namespace lianqing {

// Quotes included; empty if it is not one.
std::string json_text(std::string_view literal);

}  // namespace lianqing
