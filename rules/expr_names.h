// The functions of the condition language, and advice on words that nobody knows: slips, other
// languages' spellings, missing quotes. Not here: what names of a pack mean (ExprScope).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "rules/expr.h"

namespace lianqing {

inline constexpr std::uint32_t kAnyNumber = 0xffffffffU;

struct Function {
  std::string_view name;
  Op op;
  std::uint32_t fewest, most;  // arguments
  std::string_view example;
};

const Function* find_function(std::string_view name);  // null if there is none

Bilingual advice_on_function(const std::string& unknown);
// `names`: all that could stand there.
Bilingual advice_on_name(const std::vector<std::string>& names, const std::string& unknown);

}  // namespace lianqing
