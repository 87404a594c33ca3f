// A program's meaning as text, the same for any layout of files, order of keys, comments and
// blanks: what Program::hash is taken over, and how equal expressions are recognised.
//   program = line { line } ;  line = word { " " field } "\n" ;
//   field   = number | "-" (absent) | length ":" bytes (texts) | expression in prefix form ;
// Places, sources and the texts that expressions were read from are left out. Stored: a change of
// this text changes the ids of all warnings; then kCanonicalVersion grows.
#pragma once

#include <string>

#include "rules/program.h"

namespace lianqing {

inline constexpr int kCanonicalVersion = 1;

std::string canonical_text(const Program& program);
std::string canonical_text(const Program& program, const Expr& expr);

}  // namespace lianqing
