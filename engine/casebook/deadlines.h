// Limits of a case as instants. A working-day limit of a pack without a calendar sets no deadline
// (kNever); a calendar without the year needed is an error.
#pragma once

#include "engine/items.h"

namespace lianqing {

using Deadline = Outcome<Instant, MissingYear>;

// The deadline `limit` after `since`: 2 working days after Friday noon is the end of Tuesday.
[[nodiscard]] Deadline limit_after(const Program& program, Instant since, const Span& limit);
// The same counted from another deadline: the day that ends at `due` is not counted.
[[nodiscard]] Deadline limit_after_due(const Program& program, Instant due, const Span& limit);
// How many working days begin behind the day of `from`, up to the day of `to`.
[[nodiscard]] Outcome<std::int64_t, MissingYear> workdays_between(const Program& program,
                                                                  Instant from, Instant to);
// Where `due` lies after the clocks stood from `from` to `to`: as many working days later as began
// in between, or as much time later.
[[nodiscard]] Deadline moved_by_pause(const Program& program, Instant due, bool workdays,
                                      Instant from, Instant to);
// A date is the end of its local day; else an instant.
std::optional<Instant> parse_deadline(const Program& program, std::string_view text);

}  // namespace lianqing
