#include "engine/flat_fold.h"

#include <algorithm>

#include "engine/entry_leaves.h"
#include "engine/judge.h"

namespace lianqing {
namespace {

constexpr std::size_t kAhead = 8;  // entries whose ids are asked for in time

// The first place from `at` on, before `end`, of which `is` holds, or `end`; it holds of all places
// behind one of which it holds. Looks near `at` first.
template <class Is>
std::size_t first_from(std::size_t at, std::size_t end, Is is) {
  std::size_t stride = 1;
  while (at < end && !is(at)) {
    const std::size_t next = std::min(at + stride, end);
    if (next == end || is(next)) {
      std::size_t low = at + 1, high = next;
      while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (is(middle)) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    }
    at = next;
    stride *= 2;
  }
  return at;
}

}  // namespace

FlatFold::FlatFold(const Fold& fold, const FlatPlan& plan)
    : fold_(fold), program_(fold.program()), plan_(plan), columns_(plan.streams.size()) {
  for (std::uint32_t c = 0; c < plan.streams.size(); ++c) {
    Series& series = unit_.series.emplace_back();
    series.stream = plan.streams[c];
    series.windows = fold.route().stream_windows[series.stream];
    series.states.resize(series.windows.size());
    unit_.series_of.add(series.stream, Cell{}, c);
  }
  for (std::uint32_t r = 0; r < plan.rules.size(); ++r) {
    unit_.instance_of.add(plan.rules[r].rule, Cell{}, r);
  }
  unit_.seen = true;
}

void FlatFold::run(const FlatUnit& unit, std::span<const LogEntry* const> entries, Instant from,
                   Instant to, std::vector<Instance>& instances, const SeqAt& seq_at,
                   Effects& effects) {
  unit_.name = *unit.name;
  unit_.registered = unit.registered;
  if (unit.attributes != nullptr)
    unit_.attributes = *unit.attributes;
  else
    unit_.attributes.assign(program_.unit_attributes.size(), Cell{});
  if (instances.empty()) {
    instances.resize(plan_.rules.size());
    for (std::size_t r = 0; r < plan_.rules.size(); ++r) instances[r].rule = plan_.rules[r].rule;
  }
  unit_.instances.swap(instances);
  lay_out(entries);
  for (std::uint32_t r = 0; r < plan_.rules.size(); ++r) {
    judge_rule(r, unit.first, from, to, seq_at, effects);
  }
  unit_.instances.swap(instances);
}

void FlatFold::lay_out(std::span<const LogEntry* const> entries) {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    columns_[c].samples.clear();
    columns_[c].totals.assign(1, Totals{});
    columns_[c].rising = true;
    unit_.series[c].samples.clear();
  }
  const bool cited = fold_.options().reasons;
  unit_.rows.clear();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const LogEntry* const entry = entries[i];
    if (cited) {
      if (i + kAhead < entries.size()) __builtin_prefetch(entries[i + kAhead]->id.data());
      unit_.rows.add(*entry, 0);
    }
    each_stream(fold_.route().of_type(entry->type), entry->cells, [&](std::uint32_t stream) {
      const std::uint32_t c = plan_.column_of[stream];
      if (c == kNone) return;
      const std::optional<Cell> value = value_in(fold_, program_.streams[stream], *entry);
      if (!value) return;
      Column& column = columns_[c];
      column.samples.push_back({entry->time, entry->seq, *value});
      column.totals.push_back(column.totals.back() + Totals::of(*value));
      column.rising = column.rising && value->num >= 0;
    });
  }
}

void FlatFold::find_next(const FlatLeg& leg, Place& place) const {
  const auto& samples = columns_[leg.column].samples;
  place.next_enter = place.enter < samples.size() ? samples[place.enter].time + leg.after : kNever;
  place.next_leave = leg.over && place.leave < place.enter
                         ? samples[place.leave].time + leg.after + *leg.over
                         : kNever;
}

void FlatFold::place_legs(const FlatRule& rule, Instant from) {
  places_.assign(rule.legs.size(), Place{});
  for (std::size_t l = 0; l < rule.legs.size(); ++l) {
    const FlatLeg& leg = rule.legs[l];
    const auto& samples = columns_[leg.column].samples;
    const auto passed = [&](Duration behind) {  // samples whose time and `behind` is past
      const auto at = std::upper_bound(
          samples.begin(), samples.end(), from,
          [behind](Instant t, const Sample& sample) { return t < sample.time + behind; });
      return static_cast<std::size_t>(at - samples.begin());
    };
    if (from != kBeforeAll) {
      places_[l].enter = passed(leg.after);
      if (leg.over) places_[l].leave = passed(leg.after + *leg.over);
    }
    find_next(leg, places_[l]);
  }
}

bool FlatFold::step(const FlatRule& rule, Instant t) {
  bool by_event = false;
  for (std::size_t l = 0; l < places_.size(); ++l) {
    Place& place = places_[l];
    while (place.next_enter == t || place.next_leave == t) {
      if (place.next_enter == t) {
        ++place.enter;
        by_event = by_event || rule.legs[l].after == Duration{0};
      } else {
        ++place.leave;
      }
      find_next(rule.legs[l], place);
    }
  }
  return by_event;
}

Wide FlatFold::value_of(const FlatRule& rule, const FlatCuts& cuts) const {
  const Place& place = places_[cuts.leg];
  if (!cuts.sums) return static_cast<Wide>(place.enter - place.leave) * kFullWeight;
  const auto& totals = columns_[rule.legs[cuts.leg].column].totals;
  return static_cast<Wide>(totals[place.enter].sum - totals[place.leave].sum);
}

void FlatFold::set_bands(const FlatRule& rule) {
  bands_.clear();
  for (const FlatCuts& cuts : rule.cuts) {
    const Wide value = value_of(rule, cuts);
    if (value <= -kBeyondCuts || value >= kBeyondCuts) {
      bands_.push_back({value, value + 1});
      continue;
    }
    const auto above = std::upper_bound(cuts.at.begin(), cuts.at.end(), value);
    Band& band = bands_.emplace_back(Band{1 - kBeyondCuts, kBeyondCuts});
    if (above != cuts.at.end()) band.high = std::min(band.high, *above);
    if (above != cuts.at.begin()) band.low = std::max(band.low, *std::prev(above));
  }
}

bool FlatFold::left_bands(const FlatRule& rule) const {
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const Wide value = value_of(rule, rule.cuts[i]);
    if (value < bands_[i].low || value >= bands_[i].high) return true;
  }
  return false;
}

Instant FlatFold::calm_until(const FlatRule& rule) const {
  Instant out = kNever;
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const FlatCuts& cuts = rule.cuts[i];
    const FlatLeg& leg = rule.legs[cuts.leg];
    const Place& place = places_[cuts.leg];
    out = std::min(out, cuts.sums ? sums_calm_until(leg, place, bands_[i])
                                  : counts_calm_until(leg, place, bands_[i]));
  }
  return out;
}

// So many must enter, so many leave: whatever the others do.
Instant FlatFold::counts_calm_until(const FlatLeg& leg, const Place& place,
                                    const Band& band) const {
  const auto& samples = columns_[leg.column].samples;
  const auto size = static_cast<Wide>(samples.size());
  const Wide value = static_cast<Wide>(place.enter - place.leave) * kFullWeight;
  const Wide last_in =
      static_cast<Wide>(place.enter) + (band.high - value + kFullWeight - 1) / kFullWeight - 1;
  const Wide last_out = static_cast<Wide>(place.leave) + (value - band.low) / kFullWeight;
  Instant out = kNever;
  if (last_in < size) out = samples[static_cast<std::size_t>(last_in)].time + leg.after;
  if (leg.over && last_out < size) {
    out = std::min(out, samples[static_cast<std::size_t>(last_out)].time + leg.after + *leg.over);
  }
  return out;
}

Instant FlatFold::sums_calm_until(const FlatLeg& leg, const Place& place, const Band& band) const {
  const Column& column = columns_[leg.column];
  if (!column.rising) return std::min(place.next_enter, place.next_leave);
  const auto& totals = column.totals;
  const std::size_t size = column.samples.size();
  const auto between = [&](std::size_t from, std::size_t to) {
    return static_cast<Wide>(totals[to].sum - totals[from].sum);
  };
  Instant out = kNever;
  const std::size_t last_in = first_from(
      place.enter, size, [&](std::size_t i) { return between(place.leave, i + 1) >= band.high; });
  if (last_in < size) out = column.samples[last_in].time + leg.after;
  if (!leg.over || band.low <= 0) return out;
  const std::size_t last_out = first_from(
      place.leave, size, [&](std::size_t i) { return between(i + 1, place.enter) < band.low; });
  if (last_out == size) return out;
  return std::min(out, column.samples[last_out].time + leg.after + *leg.over);
}

// To just before t.
void FlatFold::leap(const FlatRule& rule, Instant t) {
  for (std::size_t l = 0; l < places_.size(); ++l) {
    const FlatLeg& leg = rule.legs[l];
    Place& place = places_[l];
    if (place.next_enter >= t && place.next_leave >= t) continue;
    const auto& samples = columns_[leg.column].samples;
    place.enter = first_from(place.enter, samples.size(),
                             [&](std::size_t i) { return samples[i].time + leg.after >= t; });
    if (leg.over) {
      place.leave = first_from(place.leave, place.enter, [&](std::size_t i) {
        return samples[i].time + leg.after + *leg.over >= t;
      });
    }
    find_next(leg, place);
  }
}

void FlatFold::judge_rule(std::uint32_t index, Instant first, Instant from, Instant to,
                          const SeqAt& seq_at, Effects& effects) {
  const FlatRule& rule = plan_.rules[index];
  const Instance& instance = unit_.instances[index];
  place_legs(rule, from);
  const auto is_calm = [&] { return rule.quiet && instance.judged && !instance.restless; };
  bool calm = is_calm();
  if (calm) set_bands(rule);
  Instant due = instance.judged ? instance.due : first;
  for (;;) {
    Instant t = due;
    if (calm) {
      t = std::min(t, calm_until(rule));
    } else {
      for (const Place& place : places_) t = std::min({t, place.next_enter, place.next_leave});
    }
    if (t > to || t == kNever) break;
    if (calm) leap(rule, t);
    const bool by_event = step(rule, t);
    if (calm && t < due && !left_bands(rule)) continue;
    judge_at(index, t, by_event || (!instance.judged && !unit_.registered), seq_at, effects);
    due = instance.due;
    calm = is_calm();
    if (calm) set_bands(rule);
  }
}

void FlatFold::judge_at(std::uint32_t index, Instant t, bool by_event, const SeqAt& seq_at,
                        Effects& effects) {
  unit_.clock = t;
  Instance& instance = unit_.instances[index];
  instance.cause = by_event ? Cause::event : Cause::timer;
  instance.earliest = by_event ? t : kNever;
  for (const FlatLeg& leg : plan_.rules[index].legs) {
    const Column& column = columns_[leg.column];
    Series& series = unit_.series[leg.column];
    const auto known = std::upper_bound(column.samples.begin(), column.samples.end(), t,
                                        [](Instant x, const Sample& s) { return x < s.time; });
    const auto n = known - column.samples.begin();
    const auto held = static_cast<std::ptrdiff_t>(series.samples.size());
    if (held > n) {
      series.samples.erase(series.samples.begin() + n, series.samples.end());
    } else {
      series.samples.insert(series.samples.end(), column.samples.begin() + held, known);
    }
    stand(program_, series, column.totals, t);
  }
  judge(fold_, unit_, index, t, seq_at, effects);
  unit_.alarms.clear();
  unit_.restless.clear();
}

}  // namespace lianqing
