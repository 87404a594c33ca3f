// Text in columns on a terminal, where Chinese characters take two cells.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lianqing {

// Cells that UTF-8 `text` takes; escape sequences take none.
std::size_t display_width(std::string_view text);

// Filled with blanks up to `width` cells, on the left or right.
std::string padded(std::string_view text, std::size_t width, bool right = false);

// One line per row, columns two blanks apart; `right[i]`: column i is aligned to the right.
std::string columns(const std::vector<std::vector<std::string>>& rows,
                    const std::vector<bool>& right);

}  // namespace lianqing
