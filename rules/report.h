// Findings about a rule pack as they are made: code, place, what is wrong, what to do. The severity
// belongs to the code (codes.h). Rendering is cli/'s.
#pragma once

#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing {

// `code` is one of kCodes.
void report(Diagnostics& out, std::string_view code, const SourceSpan& at, Bilingual message,
            Bilingual suggestion = {});

bool has_error(const Diagnostics& findings);

// By file, line and column, errors first at one place; the same finding at the same place once.
void sort_findings(Diagnostics& findings);

// "did you mean 'x'?", or nothing.
Bilingual did_you_mean(const std::string& nearest);

}  // namespace lianqing
