// What a spreadsheet's cell says, without what only looks: white space around it, full-width
// letters and digits, invisible characters.
#pragma once

#include <string>
#include <string_view>

namespace lianqing {

// Trimmed (full-width blanks too), line ends inside as blanks, invisible characters gone,
// full-width letters and digits as ASCII. Chinese punctuation stays: for texts that are kept.
std::string tidy_text(std::string_view cell);

// As tidy_text, and all full-width signs as ASCII: for numbers, dates, ids.
std::string ascii_text(std::string_view cell);

// For comparing headers, names and codes: as ascii_text, without any blanks, ASCII letters in lower
// case, without the stars that mark what must be filled in.
std::string key_text(std::string_view cell);

// Code points, at most `most`; `…` if there are more.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace lianqing
