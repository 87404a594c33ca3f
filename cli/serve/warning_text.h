// What can be told of a stored warning from the head of its text, without reading it as JSON: the
// order of members is fixed (cli/warning_json).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/level.h"
#include "lianqing/time.h"

namespace lianqing {

struct WarningText {
  std::string_view id;
  std::string_view unit, rule;  // with quotes and escapes, as they stand
  std::string_view key;         // as it stands; null if there is none
  std::string_view from, to;
  std::string_view time;
  std::string_view rules;  // hash of what judged it; empty if it does not say
  bool shadow = false;
  bool backfilled = false;  // told by new rules of what was before them
};

// The level of that name.
std::optional<Level> level_named(std::string_view text);

// Nothing if the text is not a warning as we write it.
std::optional<WarningText> read_warning_text(std::string_view text);

struct WarningFilter {
  std::string unit, rule;  // as JSON strings; empty: any
  std::string level;
  std::optional<Instant> since;

  static WarningFilter of(const std::optional<std::string>& unit,
                          const std::optional<std::string>& rule);
  bool takes(const WarningText& warning) const;
};

}  // namespace lianqing
