// The front door of the rule language: the texts of a pack -> one immutable Program, or all that is
// wrong with them. No files are read here and nothing is cached; the same texts give the same
// program, hash included, on any machine with the same time zone data.
#pragma once

#include <memory>
#include <span>

#include "lianqing/diagnostic.h"

namespace lianqing {

struct Program;

// Compiles a pack, and the packs it extends (SourceText::layer). `calendars` are looked through in
// order for the one that `pack: {calendar: cn}` names: the first text whose file name is `cn.yaml`.
// SourceSpan::file is an index into `files` followed by `calendars`. On failure: every error,
// warning and note, sorted by place. On success warnings and notes go to `warnings`, unless it is
// null.
[[nodiscard]] Checked<std::shared_ptr<const Program>> compile_pack(
    std::span<const SourceText> files, std::span<const SourceText> calendars,
    Diagnostics* warnings = nullptr);

}  // namespace lianqing
