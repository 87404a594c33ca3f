#include "engine/items.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr Duration kTick{1};

constexpr std::chrono::days kOneDay{1};

int year_of(LocalDay day) { return static_cast<int>(std::chrono::year_month_day{day}.year()); }
LocalDay new_year(int year) { return LocalDay{std::chrono::year{year} / std::chrono::January / 1}; }

Reckoned exactly(Instant t) { return {t, t, 0}; }

// A day without data is a working day for the earliest end, and none for the latest.
Reckoned workdays_after(const Program& program, LocalDay day, std::int64_t n) {
  const Calendar& calendar = program.calendar;
  Reckoned out;
  for (std::int64_t left = n; left > 0;) {
    day += kOneDay;
    if (calendar.covers(day)) {
      left -= calendar.is_working(day) ? 1 : 0;
      continue;
    }
    if (out.is_certain()) {
      out.missing_year = year_of(day);
      out.from = program.zone.end_of(day);
    }
    const auto next = calendar.years.upper_bound(year_of(day));
    if (next == calendar.years.end()) return out;
    day = new_year(*next) - kOneDay;
  }
  out.to = program.zone.end_of(day);
  return out.is_certain() ? exactly(out.to) : out;
}

// The first day d with d + n working days >= the due day: before it lie fewer than n of them.
Reckoned workdays_before(const Program& program, LocalDay due_day, std::int64_t n) {
  const Calendar& calendar = program.calendar;
  Reckoned out;
  LocalDay day = due_day;
  for (std::int64_t between = 0; between < n;) {
    if (day == due_day) {
      day -= kOneDay;
    } else if (calendar.covers(day)) {
      between += calendar.is_working(day) ? 1 : 0;
      if (between < n) day -= kOneDay;
    } else {
      if (out.is_certain()) {
        out.missing_year = year_of(day);
        out.to = program.zone.end_of(day);
      }
      const auto behind = calendar.years.lower_bound(year_of(day));
      if (behind == calendar.years.begin()) {
        out.from = kBeforeAll;
        return out;
      }
      day = new_year(*std::prev(behind) + 1) - kOneDay;
    }
  }
  out.from = program.zone.start_of(day);
  return out.is_certain() ? exactly(out.from) : out;
}

Instant plus(Instant t, std::int64_t amount) {
  return t > kNever - Duration{amount} ? kNever : t + Duration{amount};
}

}  // namespace

bool Episode::same_for(const Episode& other, std::size_t v, bool span_only) const {
  if (opening->time != other.opening->time || opening->seq != other.opening->seq ||
      opening->facts[v] != other.opening->facts[v] || closed != other.closed || due != other.due) {
    return false;
  }
  if (span_only) return true;
  return close_seq == other.close_seq && extensions.size() == other.extensions.size() &&
         std::equal(extensions.begin(), extensions.end(), other.extensions.begin(),
                    [](const ItemEvent* a, const ItemEvent* b) { return *a == *b; });
}

std::vector<Episode> episodes(const std::vector<ItemEvent>& events, std::uint64_t* ignored) {
  std::vector<Episode> out;
  bool open = false;
  for (const ItemEvent& event : events) {
    switch (event.step) {
      case ItemStep::open:
        if (open) {
          ++*ignored;
          break;
        }
        open = true;
        out.push_back({&event, kNever, 0, event.due, {}});
        break;
      case ItemStep::close:
        if (!open) {
          ++*ignored;
          break;
        }
        open = false;
        out.back().closed = event.time;
        out.back().close_seq = event.seq;
        break;
      case ItemStep::extend:
        if (!open) {
          ++*ignored;
          break;
        }
        if (event.due != kNever) out.back().due = event.due;
        out.back().extensions.push_back(&event);
        break;
    }
  }
  return out;
}

void IntervalCount::change(Instant from, Instant to, int sign, Instant t) {
  if (from >= to) return;
  auto edge = [&](Instant at, int delta) {
    if (at <= t) {
      active += delta;
      return;
    }
    if (at == kNever) return;
    auto& pending = ahead[at];
    pending += delta;
    if (pending == 0) ahead.erase(at);
  };
  edge(from, sign);
  edge(to, -sign);
}

void IntervalCount::advance(Instant t) {
  while (!ahead.empty() && ahead.begin()->first <= t) {
    active += ahead.begin()->second;
    ahead.erase(ahead.begin());
  }
}

Reckoned deadline_after(const Program& program, Instant due, const Span& span) {
  if (due == kNever) return {};
  if (!span.workdays) return exactly(plus(due, span.amount));
  return workdays_after(program, program.zone.day_of(due - kTick), span.amount);
}

Reckoned warning_start(const Program& program, Instant due, const Span& span) {
  if (due == kNever) return {};
  if (!span.workdays) return exactly(due - Duration{span.amount});
  return workdays_before(program, program.zone.day_of(due - kTick), span.amount);
}

Reckoned after(const Program& program, Instant since, const Span& span) {
  if (span.amount == 0) return exactly(since);
  if (!span.workdays) return exactly(plus(since, span.amount));
  return workdays_after(program, program.zone.day_of(since), span.amount);
}

}  // namespace lianqing
