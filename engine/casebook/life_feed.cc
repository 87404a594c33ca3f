#include "engine/casebook/life_feed.h"

#include <algorithm>

namespace lianqing {
namespace {

std::optional<Fact> fact_of(const Scalar& scalar) {
  if (const auto* b = std::get_if<bool>(&scalar.value)) return Fact{*b};
  if (const auto* n = std::get_if<Number>(&scalar.value)) return Fact{*n};
  if (const auto* t = std::get_if<std::string_view>(&scalar.value)) return Fact{std::string(*t)};
  return std::nullopt;
}

}  // namespace

LifeRecord life_record(const Event& event, Seq seq, Instant clock) {
  LifeRecord out;
  out.seq = seq;
  out.time = event.time;
  out.clock = clock;
  out.unit = event.unit;
  out.type = event.type;
  out.id = event.id;
  out.source = event.source;
  for (const Field& field : event.data) {
    if (const auto* list = std::get_if<ScalarList>(&field.value.value)) {
      for (const Scalar& element : *list) {
        if (auto fact = fact_of(element)) out.fields.emplace_back(field.path, *std::move(fact));
      }
    } else if (auto fact = fact_of(field.value)) {
      out.fields.emplace_back(field.path, *std::move(fact));
    }
  }
  return out;
}

void LifeFeed::admitted(const Event& event, Seq seq, Instant clock) {
  if (concerns_life(event.type)) {
    waiting_.push_back(life_record(event, seq, clock));
  } else if (book_.listens_to(event.source)) {
    LifeRecord& sign = waiting_.emplace_back();
    sign.clock = clock;
    sign.unit = event.unit;
    sign.source = event.source;
  }
}

Booked LifeFeed::fold(std::span<const Warning> transitions, Instant now, bool last) {
  const auto by_clock = [](const LifeRecord& a, const LifeRecord& b) { return a.clock < b.clock; };
  if (!std::is_sorted(waiting_.begin(), waiting_.end(), by_clock)) {
    std::stable_sort(waiting_.begin(), waiting_.end(), by_clock);
  }
  auto transition = transitions.begin();
  const auto catch_up = [&](Instant t) -> Booked {  // the instants before t
    for (; transition != transitions.end() && transition->time < t; ++transition) {
      if (Booked done = book_.transition(*transition); !done) return done;
    }
    return {};
  };
  std::size_t taken = 0;
  for (; taken < waiting_.size() && waiting_[taken].clock <= now; ++taken) {
    const LifeRecord& record = waiting_[taken];
    if (Booked done = catch_up(record.clock); !done) return done;
    if (Booked done = book_.heard(record.source, record.unit, record.clock); !done) return done;
    if (record.type.empty()) continue;
    if (Booked done = book_.record(record); !done) return done;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken));
  if (Booked done = catch_up(kNever); !done) return done;
  if (Booked done = book_.advance(now); !done) return done;
  return last ? book_.settle() : Booked{};
}

}  // namespace lianqing
