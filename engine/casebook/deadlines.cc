#include "engine/casebook/deadlines.h"

#include <algorithm>

namespace lianqing {
namespace {

bool unknowable(const Program& program, const Span& limit) {
  return limit.workdays && program.calendar.name.empty() && program.calendar.years.empty();
}

Deadline told(const Reckoned& deadline) {
  if (!deadline.is_certain()) return Unexpected<MissingYear>(MissingYear{deadline.missing_year});
  return deadline.to;
}

}  // namespace

Outcome<std::int64_t, MissingYear> workdays_between(const Program& program, Instant from,
                                                    Instant to) {
  std::int64_t count = 0;
  const LocalDay last = program.zone.day_of(to);
  for (LocalDay day = program.zone.day_of(from); day < last;) {
    day += std::chrono::days{1};
    if (!program.calendar.covers(day)) {
      return Unexpected<MissingYear>(
          MissingYear{static_cast<int>(std::chrono::year_month_day{day}.year())});
    }
    count += program.calendar.is_working(day) ? 1 : 0;
  }
  return count;
}

Deadline limit_after(const Program& program, Instant since, const Span& limit) {
  if (limit.amount == 0) return since;
  if (unknowable(program, limit)) return kNever;
  return told(after(program, since, limit));
}

Deadline limit_after_due(const Program& program, Instant due, const Span& limit) {
  if (limit.amount == 0) return due;
  if (unknowable(program, limit)) return kNever;
  return told(deadline_after(program, due, limit));
}

Deadline moved_by_pause(const Program& program, Instant due, bool workdays, Instant from,
                        Instant to) {
  if (due == kNever) return kNever;
  if (!workdays) return limit_after(program, due, {false, (to - from).count()});
  const auto count = workdays_between(program, from, to);
  if (!count) return Unexpected<MissingYear>(count.error());
  Deadline moved = limit_after_due(program, due, {true, *count});
  // Stopped on its last day, it has the rest of the day on which it goes on.
  if (moved && due > from) *moved = std::max(*moved, program.zone.end_of(program.zone.day_of(to)));
  return moved;
}

std::optional<Instant> parse_deadline(const Program& program, std::string_view text) {
  if (const auto instant = parse_rfc3339(text)) return instant;
  const auto date = parse_date(text);
  if (!date) return std::nullopt;
  return program.zone.end_of(LocalDay{date->time_since_epoch()});
}

}  // namespace lianqing
