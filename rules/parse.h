// YAML documents of a pack -> PackSyntax: sections merged over the files, names unique over the
// pack, unknown and missing keys reported. What names and expressions mean is lower's.
#pragma once

#include <span>

#include "lianqing/diagnostic.h"
#include "rules/syntax.h"

namespace lianqing {

// SourceSpan::file is the index into `files`. With errors in `out` the syntax holds what could be
// read, so that later checks can find more.
PackSyntax parse_pack(std::span<const SourceText> files, Diagnostics& out);

}  // namespace lianqing
