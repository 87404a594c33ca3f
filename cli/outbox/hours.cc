#include "cli/outbox/hours.h"

namespace lianqing {
namespace {

constexpr int kMostDays = 60;  // without a working day: the calendar is wrong

class Day {
 public:
  Day(const OutboxHours& hours, const Zone& zone, const Calendar& calendar)
      : hours_(hours), zone_(zone), calendar_(calendar) {}

  // The first instant from t on that is not quiet.
  Instant open_from(Instant t) const {
    for (int turn = 0; turn < kMostDays; ++turn) {
      const LocalDay day = zone_.day_of(t);
      if (hours_.workdays && calendar_.covers(day) && !calendar_.is_working(day)) {
        t = zone_.start_of(day + std::chrono::days{1});
        continue;
      }
      const auto until = quiet_until(t, day);
      if (!until) return t;
      t = *until;
    }
    return t;
  }

  Instant next_digest(Instant t) const {
    const LocalDay day = zone_.day_of(t);
    const Instant today = zone_.to_instant(WallTime{day} + *hours_.digest);
    return today >= t ? today
                      : zone_.to_instant(WallTime{day + std::chrono::days{1}} + *hours_.digest);
  }

 private:
  std::optional<Instant> quiet_until(Instant t, LocalDay day) const {
    const Duration time = zone_.local(t) - WallTime{day};
    const Duration from = hours_.quiet_from, until = hours_.quiet_until;
    if (from == until) return std::nullopt;
    if (from < until) {
      if (time < from || time >= until) return std::nullopt;
      return zone_.to_instant(WallTime{day} + until);
    }
    if (time < until) return zone_.to_instant(WallTime{day} + until);
    if (time < from) return std::nullopt;
    return zone_.to_instant(WallTime{day + std::chrono::days{1}} + until);
  }

  const OutboxHours& hours_;
  const Zone& zone_;
  const Calendar& calendar_;
};

}  // namespace

Hold hold_until(const OutboxHours& hours, const Zone& zone, const Calendar& calendar, Instant now,
                Level level) {
  if (hours.always && level >= *hours.always) return {now, {}};
  const Day day(hours, zone, calendar);
  if (!hours.digest) {
    const Instant open = day.open_from(now);
    return {open, open == now ? "" : "quiet"};
  }
  // On a day that is not quiet at the hour of the digest.
  Instant at = day.next_digest(now);
  for (int turn = 0; turn < kMostDays && day.open_from(at) != at; ++turn) {
    at = day.next_digest(day.open_from(at));
  }
  return {at, "digest"};
}

}  // namespace lianqing
