// A rule and its test as text, from a few answers: what `lianqing new rule` writes.
#pragma once

#include <optional>
#include <string>

#include "rules/program.h"

namespace lianqing {

enum class DraftKind : std::uint8_t {
  many,    // at least so many events within a time
  silent,  // no event for so many days
  low,     // the newest value of a field lies below a line
};

struct RuleDraft {
  DraftKind kind = DraftKind::many;
  std::string id;  // an identifier; names of measure and params begin with it
  std::string title, owner, basis;
  std::string event, field;   // field: low
  bool declares = false;      // low: the event is new, and is declared with its field
  std::string window;         // many: a span such as 30d
  Number yellow;              // many: events; silent: days; low: the line
  std::optional<Number> red;  // beyond yellow
};

// `chinese`: the language of title and basis.
std::string rule_text(const RuleDraft& draft, bool chinese);
// The test fills the declared, required fields of the event. `declared` may be null.
std::string test_text(const RuleDraft& draft, const EventType* declared, bool chinese);

}  // namespace lianqing
