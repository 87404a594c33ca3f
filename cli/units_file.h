// The unit register from a file: CSV (UTF-8, GBK or UTF-16; a header row with a column `id`) or
// YAML (a list, or a map by id, of flat maps). Columns become `unit.*`; numbers that begin with
// 0, such as 007, are texts.
#pragma once

#include <string>
#include <vector>

#include "engine/replay.h"
#include "rules/document.h"

namespace lianqing {

// Fails (io) if it cannot be read, (refused) if it is malformed, an id occurs twice, or a unit lies
// below itself: the message names file, row or line, and what was expected.
[[nodiscard]] Result<std::vector<RegisteredUnit>> read_units(const std::string& path);

// A list, or a map by id, of flat maps of columns. `path` is for messages.
[[nodiscard]] Result<std::vector<RegisteredUnit>> units_of(const Node& list,
                                                           const std::string& path);

}  // namespace lianqing
