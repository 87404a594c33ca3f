// Numbers, flags and lists as people write them in cells, exactly or not at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/number.h"

namespace lianqing {

// What plain numbers of a column count: `万元` is 10,000. Nothing if the word is unknown.
std::optional<Number> factor_of(std::string_view unit);

// `1,234.50`, `￥３，２００`, `3.5万元`, `(1,200)`, `＋5`, `—3`, `12件`, `85%` (85). A unit in the
// cell wins over `factor`, which is that of the column. The error says what is wrong.
Outcome<Number, Bilingual> read_quantity(std::string_view cell, Number factor);

// 是 否, 有 无, √ ×, true false, yes no, 1 0.
std::optional<bool> read_yes_no(std::string_view cell);

// Divided at commas, semicolons, `、` and line ends; empty parts are left out.
std::vector<std::string> read_list(std::string_view cell);

// `#REF!` and its kin: what a spreadsheet shows where a formula failed.
bool is_formula_error(std::string_view cell);

}  // namespace lianqing
