// Findings of the rule language as text with the line and a caret, or as JSON.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lianqing/diagnostic.h"

namespace lianqing {

std::string_view severity_word(Severity severity, bool chinese);

// `texts`: what SourceSpan::file counts. Per finding:
//   rules.yaml:12:9: error R012: unknown key 'titel' in a rule
//       12 |   titel: 投诉激增
//          |   ^^^^^
//          = did you mean 'title'?
std::string render_text(const Diagnostics& findings, std::span<const SourceText> texts,
                        bool chinese);

// The line of the place with a caret under it; empty if there is none to show.
std::string render_excerpt(const SourceSpan& at, std::span<const SourceText> texts);

// An array of {code, severity, file, line, column, length, message {zh, en}, suggestion {zh, en}};
// suggestion is null if there is none.
std::string render_json(const Diagnostics& findings, std::span<const SourceText> texts);

// "2 errors, 1 warning"
std::string render_counts(const Diagnostics& findings, bool chinese);

}  // namespace lianqing
