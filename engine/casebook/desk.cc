#include "engine/casebook/desk.h"

#include <algorithm>

namespace lianqing {
namespace {

Fact fact_of(const Scalar& scalar) {
  if (const auto* flag = std::get_if<bool>(&scalar.value)) return *flag;
  if (const auto* number = std::get_if<Number>(&scalar.value)) return *number;
  if (const auto* text = std::get_if<std::string_view>(&scalar.value)) return std::string(*text);
  return {};
}

}  // namespace

void Desk::admitted(const Event& event, const LogEntry& entry, std::string_view unit) {
  const bool concerns = concerns_life(event.type);
  Arrival arrival;
  if (event.type == "calendar_updated") {
    (void)read_calendar_update(event, arrival.calendar.emplace());
  } else if (!concerns && !casebook_.listens_to(event.source)) {
    return;
  }
  LifeRecord& record = arrival.record;
  record.seq = entry.seq;
  record.time = entry.time;
  record.clock = arrival.calendar ? entry.clock : std::max(entry.clock, entry.time);
  record.unit = unit;
  record.source = event.source;
  arrival.concerns = concerns;
  if (concerns) {
    record.type = event.type;
    record.id = event.id;
    for (const Field& field : event.data) {
      if (const auto* list = std::get_if<ScalarList>(&field.value.value)) {
        for (const Scalar& element : *list) {
          record.fields.emplace_back(field.path, fact_of(element));
        }
      } else {
        record.fields.emplace_back(field.path, fact_of(field.value));
      }
    }
  }
  sorted_ = sorted_ && record.clock >= newest_;
  newest_ = std::max(newest_, record.clock);
  arrivals_.push_back(std::move(arrival));
}

void Desk::left(const Leaving& leaving) {
  Warning& warning = warnings_.emplace_back();
  warning.id = leaving.id;
  warning.unit = leaving.unit;
  warning.rule = leaving.rule;
  if (leaving.keyed) warning.key = leaving.key;
  warning.from = leaving.from;
  warning.to = leaving.to;
  warning.cause = leaving.cause;
  warning.revoked = leaving.revoked;
  warning.shadow = leaving.shadow;
  warning.time = leaving.time;
  warning.seq = leaving.seq;
}

void Desk::book(Instant t, bool inclusive) {
  book_known(t, inclusive);
  if (!inclusive) return;
  casebook_.advance(t);
  casebook_.settle();
}

void Desk::book_open(Instant t) {
  book_known(t, true);
  casebook_.advance(t);
}

void Desk::book_known(Instant t, bool inclusive) {
  if (!sorted_) {
    std::stable_sort(arrivals_.begin(), arrivals_.end(), [](const Arrival& a, const Arrival& b) {
      return a.record.clock < b.record.clock;
    });
    sorted_ = true;
  }
  for (;;) {
    Instant next = kNever;
    if (!arrivals_.empty()) next = std::min(next, arrivals_.front().record.clock);
    if (!warnings_.empty()) next = std::min(next, warnings_.front().time);
    if (!greys_.empty()) next = std::min(next, greys_.front().time);
    if (next > t || (next == t && !inclusive)) break;
    book_instant(next);
  }
}

void Desk::book_instant(Instant t) {
  casebook_.advance(t);
  for (; !arrivals_.empty() && arrivals_.front().record.clock == t; arrivals_.pop_front()) {
    const Arrival& arrival = arrivals_.front();
    if (arrival.calendar) casebook_.replace_year(*arrival.calendar, t);
    casebook_.heard(arrival.record.source, arrival.record.unit, t);
    if (arrival.concerns) casebook_.record(arrival.record);
  }
  for (; !greys_.empty() && greys_.front().time == t; greys_.pop_front()) {
    const GreyChange& change = greys_.front();
    casebook_.grey(change.unit, change.rule, change.key, change.is_grey, change.time);
  }
  for (; !warnings_.empty() && warnings_.front().time == t; warnings_.pop_front()) {
    casebook_.transition(warnings_.front());
  }
}

}  // namespace lianqing
