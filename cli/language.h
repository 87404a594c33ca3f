// Which of the two languages a person reads: Chinese if the environment says so, else English.
#pragma once

#include <string_view>

namespace lianqing {

// By LC_ALL, then LC_MESSAGES, then LANG: the first that is set decides.
bool prefers_chinese();

}  // namespace lianqing
