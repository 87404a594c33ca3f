// A rule and its test as text, from a few answers: what `lianqing new rule` writes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rules/program.h"

namespace lianqing {

enum class DraftKind : std::uint8_t {
  many,    // at least so many events within a time
  silent,  // no event for so many days
  low,     // the newest value of a field lies below a line
  late,    // an item is overdue
};

// An item of the pack, as a test opens and closes it.
struct Obligation {
  std::string name;
  std::string open, close;   // types of event
  std::string key, due;      // fields of `open`; `key` of `close` too
  bool due_is_time = false;  // an instant, not a date
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
  Obligation item;            // late
  std::string grace;          // late: how long overdue until red, days or workdays; empty: no red
  std::string red_at;         // late: when that is for what is due ten days after the test's start
};

// The start of the tests, local time.
inline constexpr std::string_view kDraftStart = "2026-03-02T09:00";

// `chinese`: the language of title and basis.
std::string rule_text(const RuleDraft& draft, bool chinese);
// The test fills the required fields of events that `types` declares.
std::string test_text(const RuleDraft& draft, std::span<const EventType> types, bool chinese);

}  // namespace lianqing
