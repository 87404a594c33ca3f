#include "engine/items.h"

#include <algorithm>

namespace lianqing {
namespace {

constexpr Duration kTick{1};

Outcome<Instant, MissingYear> workdays_after(const Program& program, LocalDay day, std::int64_t n) {
  if (n == 0 && !program.calendar.covers(day)) {
    return Unexpected<MissingYear>(
        MissingYear{static_cast<int>(std::chrono::year_month_day{day}.year())});
  }
  const auto last = add_workdays(program.calendar, day, n);
  if (!last) return Unexpected<MissingYear>(last.error());
  return program.zone.end_of(*last);
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

Outcome<Instant, MissingYear> deadline_after(const Program& program, Instant due,
                                             const Span& span) {
  if (due == kNever) return kNever;
  if (!span.workdays) return plus(due, span.amount);
  return workdays_after(program, program.zone.day_of(due - kTick), span.amount);
}

Outcome<Instant, MissingYear> warning_start(const Program& program, Instant due, const Span& span) {
  if (due == kNever) return kNever;
  if (!span.workdays) return due - Duration{span.amount};
  // The first day d with d + n working days >= the due day: before it lie fewer than n of them.
  const LocalDay due_day = program.zone.day_of(due - kTick);
  const std::chrono::days one{1};
  LocalDay day = due_day;
  for (std::int64_t between = 0; between < span.amount;) {
    if (!program.calendar.covers(day)) {
      return Unexpected<MissingYear>(
          MissingYear{static_cast<int>(std::chrono::year_month_day{day}.year())});
    }
    if (day != due_day) between += program.calendar.is_working(day) ? 1 : 0;
    if (between < span.amount) day -= one;
  }
  return program.zone.start_of(day);
}

Outcome<Instant, MissingYear> after(const Program& program, Instant since, const Span& span) {
  if (span.amount == 0) return since;
  if (!span.workdays) return plus(since, span.amount);
  return workdays_after(program, program.zone.day_of(since), span.amount);
}

}  // namespace lianqing
