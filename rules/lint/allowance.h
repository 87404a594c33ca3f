// `allow: [{code: R201, reason: ...}]` beside what it is about: findings that the author knows of
// and lets stand, with the reason for those who come later. On `pack` it is for the whole pack.
#pragma once

#include "rules/document.h"
#include "rules/syntax.h"

namespace lianqing {

inline constexpr std::string_view kAllowKey = "allow";

// Of one construct, or of the head of the pack; reports what is not written as it should be.
void read_allowances(const Entry& construct, bool whole_pack, std::vector<AllowanceSyntax>& into,
                     Diagnostics& out);

// Takes allowed findings out; tells of allowances that nothing needed, unless there are errors.
// Codes of which only a log can tell are passed over: drop_allowed is for them.
void apply_allowances(const std::vector<AllowanceSyntax>& allowances, Diagnostics& findings);

// Takes allowed findings out and tells nothing.
void drop_allowed(const std::vector<AllowanceSyntax>& allowances, Diagnostics& findings);

}  // namespace lianqing
