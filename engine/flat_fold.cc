#include "engine/flat_fold.h"

#include <algorithm>
#include <utility>

#include "engine/level_changes.h"
#include "engine/rationale.h"

namespace lianqing {
namespace {

const Cell kUnit;  // the key of what has none

// Most are whole, which takes no long division to see.
Number number_of(Wide micros) {
  constexpr std::int64_t kLimit = std::int64_t{1} << 62;
  if (micros > -kLimit && micros < kLimit) {
    const auto narrow = static_cast<std::int64_t>(micros);
    if (narrow % kFullWeight == 0) return narrow / kFullWeight;
  }
  return Number::from_micros(micros);
}

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
    : fold_(fold),
      program_(fold.program()),
      plan_(plan),
      intake_(fold, plan),
      columns_(plan.streams.size()),
      periods_(plan.periods.size()) {
  for (std::uint32_t c = 0; c < plan.streams.size(); ++c) {
    unit_.series.emplace_back().stream = plan.streams[c];
    unit_.series_of.add(plan.streams[c], Cell{}, c);
  }
  for (std::uint32_t r = 0; r < plan.rules.size(); ++r) {
    unit_.instance_of.add(plan.rules[r].rule, Cell{}, r);
  }
  unit_.seen = true;
}

void FlatFold::run(const FlatUnit& unit, Instant from, Instant to, std::vector<Instance>& instances,
                   const SeqAt& seq_at, Effects& effects) {
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
  lay_out();
  keyed_.clear();
  std::span<const Instance> known(unit_.instances);
  known = known.subspan(plan_.rules.size());
  for (std::uint32_t r = 0; r < plan_.rules.size(); ++r) {
    if (plan_.rules[r].keyed) {
      const auto others = std::find_if(known.begin(), known.end(), [&](const Instance& instance) {
        return instance.rule != plan_.rules[r].rule;
      });
      const auto own = static_cast<std::size_t>(others - known.begin());
      judge_keys(r, known.first(own), from, to, seq_at, effects);
      known = known.subspan(own);
      continue;
    }
    parts_.clear();
    for (const FlatSight& sight : plan_.rules[r].sights) {
      parts_.push_back(columns_[sight.column].part(Cell{}));
    }
    judge_rule(r, unit.first, from, to, seq_at, effects);
  }
  unit_.instances.resize(plan_.rules.size());
  unit_.instances.insert(unit_.instances.end(), keyed_.begin(), keyed_.end());
  unit_.instances.swap(instances);
}

void FlatFold::judge_keys(std::uint32_t index, std::span<const Instance> known, Instant from,
                          Instant to, const SeqAt& seq_at, Effects& effects) {
  const FlatRule& rule = plan_.rules[index];
  keys_.clear();
  for (const FlatSight& sight : rule.sights) {
    if (!sight.keyed) continue;
    for (const FlatColumn::Part& part : columns_[sight.column].parts()) {
      if (part.key.tag != CellTag::null) keys_.push_back(part.key);
    }
  }
  std::sort(keys_.begin(), keys_.end(), CellOrder{});
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  Places others;
  std::swap(unit_.series_of, others);
  for (const Cell& key : keys_) {
    unit_.series_of.clear();
    parts_.clear();
    Instant first = kNever;  // a key begins with its first event, whatever the windows see
    for (const FlatSight& sight : rule.sights) {
      const FlatColumn& column = columns_[sight.column];
      const Cell& own = sight.keyed ? key : kUnit;
      unit_.series_of.add(plan_.streams[sight.column], own, sight.column);
      const FlatColumn::Part& part = parts_.emplace_back(column.part(own));
      if (sight.keyed && part.begin < part.end) {
        first = std::min(first, column.samples()[part.begin].time);
      }
    }
    Instance fresh;
    fresh.rule = rule.rule;
    fresh.key = key;
    if (!known.empty() && known.front().key == key) {
      fresh = known.front();
      known = known.subspan(1);
    }
    unit_.instances[index] = fresh;
    judge_rule(index, first, from, to, seq_at, effects);
    keyed_.push_back(unit_.instances[index]);
  }
  std::swap(unit_.series_of, others);
}

void FlatFold::begin() {
  for (FlatColumn& column : columns_) column.clear();
  unit_.rows.clear();
  taken_ = 0;
}

void FlatFold::lay_out() {
  for (FlatColumn& column : columns_) column.finish();
  for (std::size_t p = 0; p < periods_.size(); ++p) {
    const FlatCalendar& of = plan_.periods[p];
    periods_[p].lay_out(program_.zone, program_.windows[of.window].span,
                        columns_[of.column].samples());
  }
}

void FlatFold::find_next(const FlatLeg& leg, Place& place) const {
  place.next_enter = place.enter < place.last ? enters(leg, place.enter) : kNever;
  place.next_leave = leg.leaves && place.leave < place.enter ? leaves(leg, place.leave) : kNever;
}

// The series hold what the rule looks at, and nothing yet.
void FlatFold::look_at(const FlatRule& rule) {
  for (const FlatSight& sight : rule.sights) {
    Series& series = unit_.series[sight.column];
    series.samples.clear();
    series.windows = sight.windows;
    series.states.resize(sight.windows.size());
    for (WindowState& state : series.states) state = WindowState{};
  }
}

void FlatFold::place_legs(const FlatRule& rule, Instant from) {
  places_.assign(rule.legs.size(), Place{});
  for (std::size_t l = 0; l < rule.legs.size(); ++l) {
    const FlatLeg& leg = rule.legs[l];
    const FlatColumn::Part& part = parts_[leg.sight];
    Place& place = places_[l];
    place.enter = place.leave = part.begin;
    place.last = part.end;
    if (from != kBeforeAll) {
      place.enter =
          first_from(part.begin, part.end, [&](std::size_t i) { return enters(leg, i) > from; });
      if (leg.leaves) {
        place.leave = first_from(part.begin, place.enter,
                                 [&](std::size_t i) { return leaves(leg, i) > from; });
      }
    }
    find_next(leg, place);
  }
}

bool FlatFold::step(const FlatRule& rule, Instant t) {
  bool by_event = false;
  for (std::size_t l = 0; l < places_.size(); ++l) {
    Place& place = places_[l];
    while (place.next_enter == t || place.next_leave == t) {
      if (place.next_enter == t) {
        ++place.enter;
        by_event = by_event || rule.legs[l].at_once;
      } else {
        ++place.leave;
      }
      find_next(rule.legs[l], place);
    }
  }
  return by_event;
}

Wide FlatFold::value_of(const FlatRule& rule, const FlatValue& value) const {
  const Place& place = places_[value.leg];
  if (!value.sums) return static_cast<Wide>(place.enter - place.leave) * kFullWeight;
  const auto& totals = columns_[rule.legs[value.leg].column].totals();
  return static_cast<Wide>(totals[place.enter].sum - totals[place.leave].sum);
}

void FlatFold::set_bands(const FlatRule& rule) {
  bands_.clear();
  for (const FlatCuts& cuts : rule.cuts) {
    const Wide value = value_of(rule, cuts.value);
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
    const Wide value = value_of(rule, rule.cuts[i].value);
    if (value < bands_[i].low || value >= bands_[i].high) return true;
  }
  return false;
}

Instant FlatFold::calm_until(const FlatRule& rule) const {
  Instant out = kNever;
  for (std::size_t i = 0; i < bands_.size(); ++i) {
    const FlatCuts& cuts = rule.cuts[i];
    const FlatLeg& leg = rule.legs[cuts.value.leg];
    const Place& place = places_[cuts.value.leg];
    out = std::min(out, cuts.value.sums ? sums_calm_until(leg, place, bands_[i])
                                        : counts_calm_until(leg, place, bands_[i]));
  }
  return out;
}

// So many must enter, so many leave: whatever the others do.
Instant FlatFold::counts_calm_until(const FlatLeg& leg, const Place& place,
                                    const Band& band) const {
  const auto last = static_cast<Wide>(place.last);
  const Wide value = static_cast<Wide>(place.enter - place.leave) * kFullWeight;
  const Wide last_in =
      static_cast<Wide>(place.enter) + (band.high - value + kFullWeight - 1) / kFullWeight - 1;
  const Wide last_out = static_cast<Wide>(place.leave) + (value - band.low) / kFullWeight;
  Instant out = kNever;
  if (last_in < last) out = enters(leg, static_cast<std::size_t>(last_in));
  if (leg.leaves && last_out < last) {
    out = std::min(out, leaves(leg, static_cast<std::size_t>(last_out)));
  }
  return out;
}

Instant FlatFold::sums_calm_until(const FlatLeg& leg, const Place& place, const Band& band) const {
  const FlatColumn& column = columns_[leg.column];
  if (!column.rising()) return std::min(place.next_enter, place.next_leave);
  const auto& totals = column.totals();
  const auto between = [&](std::size_t from, std::size_t to) {
    return static_cast<Wide>(totals[to].sum - totals[from].sum);
  };
  Instant out = kNever;
  const std::size_t last_in = first_from(place.enter, place.last, [&](std::size_t i) {
    return between(place.leave, i + 1) >= band.high;
  });
  if (last_in < place.last) out = enters(leg, last_in);
  if (!leg.leaves || band.low <= 0) return out;
  const std::size_t last_out = first_from(place.leave, place.last, [&](std::size_t i) {
    return between(i + 1, place.enter) < band.low;
  });
  if (last_out == place.last) return out;
  return std::min(out, leaves(leg, last_out));
}

// To just before t.
void FlatFold::leap(const FlatRule& rule, Instant t) {
  for (std::size_t l = 0; l < places_.size(); ++l) {
    const FlatLeg& leg = rule.legs[l];
    Place& place = places_[l];
    if (place.next_enter >= t && place.next_leave >= t) continue;
    place.enter =
        first_from(place.enter, place.last, [&](std::size_t i) { return enters(leg, i) >= t; });
    if (leg.leaves) {
      place.leave =
          first_from(place.leave, place.enter, [&](std::size_t i) { return leaves(leg, i) >= t; });
    }
    find_next(leg, place);
  }
}

void FlatFold::judge_rule(std::uint32_t index, Instant first, Instant from, Instant to,
                          const SeqAt& seq_at, Effects& effects) {
  const FlatRule& rule = plan_.rules[index];
  const Instance& instance = unit_.instances[index];
  looked_ = false;
  // Before a key begins its rule's other windows may move.
  place_legs(rule, rule.keyed && !instance.judged ? std::max(from, first - Duration{1}) : from);
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
    const bool begins = !instance.judged && (rule.keyed || !unit_.registered);
    judge_at(index, t, by_event || begins, seq_at, effects);
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
  const FlatRule& rule = plan_.rules[index];
  Verdicts known;
  if (rule.plain && read(rule, known)) {
    const Level from = instance.level;
    if (judge_level(fold_, unit_, index, t, &known, effects))
      tell_of(index, from, t, seq_at, effects);
  } else {
    stand_at(index, t);
    judge(fold_, unit_, index, t, seq_at, effects);
  }
  unit_.alarms.clear();
  unit_.restless.clear();
}

// What is too large to be compared exactly is not known here.
bool FlatFold::read(const FlatRule& rule, Verdicts& out) const {
  bool exact = true;
  const auto holds = [&](const FlatTest& test) {
    const Wide value = value_of(rule, test.value);
    exact = exact && value > -kBeyondCuts && value < kBeyondCuts;
    return exact && compares(test.op, value * test.per <=> test.limit);
  };
  const FlatConditions& conditions = *rule.plain;
  if (conditions.needs) out.needs = holds(*conditions.needs);
  out.grey = !out.needs;
  for (std::size_t l = 1; l < kLevels; ++l) {
    if (!conditions.enter[l]) continue;
    out.enter[l] = holds(*conditions.enter[l]);
    out.exit[l] = conditions.exit[l] ? holds(*conditions.exit[l]) : !out.enter[l];
  }
  return exact;
}

void FlatFold::tell_of(std::uint32_t index, Level from, Instant t, const SeqAt& seq_at,
                       Effects& effects) {
  if (effects.noted == nullptr) {
    stand_at(index, t);
    return tell(fold_, unit_, index, from, t, seq_at, effects);
  }
  const FlatRule& rule = plan_.rules[index];
  effects.noted->add(fold_, unit_, unit_.instances[index], from, t);
  for (const FlatValue& value : rule.plain->values) {
    effects.noted->add_value(number_of(value_of(rule, value)));
  }
}

// The series of the rule's windows, as judging in general looks at them.
void FlatFold::stand_at(std::uint32_t index, Instant t) {
  const Instance& instance = unit_.instances[index];
  if (!std::exchange(looked_, true)) look_at(plan_.rules[index]);
  const std::vector<FlatSight>& sights = plan_.rules[index].sights;
  for (std::size_t i = 0; i < sights.size(); ++i) {
    const FlatColumn& column = columns_[sights[i].column];
    Series& series = unit_.series[sights[i].column];
    series.key = sights[i].keyed ? instance.key : kUnit;
    const std::size_t held = parts_[i].begin + series.samples.size();
    const std::size_t known = first_from(
        held, parts_[i].end, [&](std::size_t s) { return column.samples()[s].time > t; });
    const auto at = [&column](std::size_t s) {
      return column.samples().begin() + static_cast<std::ptrdiff_t>(s);
    };
    series.samples.insert(series.samples.end(), at(held), at(known));
    stand(program_, series, std::span(column.totals()).subspan(parts_[i].begin), t);
  }
}

}  // namespace lianqing
