// The canonical layout of a YAML file of ours: two blanks per level, lists one level in, one blank
// after a colon and a comma, none inside brackets, no trailing blanks, at most one empty line in a
// row and one between sections of several lines. Comments, quotes, the order of keys and what
// stands on which line stay. The result is read again: it holds what the text held, or nothing is
// given.
#pragma once

#include "lianqing/diagnostic.h"

namespace lianqing {

// Fails with the errors of a text that cannot be read as YAML, or with R033 where it cannot be laid
// out without changing what it says.
Checked<std::string> format_yaml(const SourceText& source);

}  // namespace lianqing
