// What can be said of a pack only as a whole, once it is lowered without an error: names nobody
// uses, rules without a title, owner or basis, limits that contradict each other.
#pragma once

#include <span>

#include "rules/lower.h"

namespace lianqing {

void check(const PackSyntax& syntax, std::span<const SourceText> files, const Program& program,
           const Lowered& lowered, Diagnostics& out);
// The part of it about fields that are declared sensitive (R196).
void check_sensitive(const PackSyntax& syntax, const Program& program, Diagnostics& out);

}  // namespace lianqing
