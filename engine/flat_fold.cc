#include "engine/flat_fold.h"

#include <algorithm>

#include "engine/entry_leaves.h"
#include "engine/judge.h"

namespace lianqing {
namespace {

constexpr std::size_t kMaxTests = 32;
constexpr std::size_t kAhead = 8;  // entries whose ids are asked for in time

// Whether a level that was just changed to would not be left again at the next look.
bool stays(const Instance& instance) {
  bool out = instance.exit_since == kNever;
  for (auto l = static_cast<std::size_t>(instance.level) + 1; l < kLevels; ++l) {
    out = out && instance.enter_since[l] == kNever;
  }
  return out;
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

std::uint32_t FlatFold::outcomes(const FlatRule& rule) const {
  std::uint32_t out = 0;
  for (const FlatTest& test : rule.tests) {
    const Place& place = places_[test.leg];
    Wide value = static_cast<Wide>(place.enter - place.leave);
    if (test.sums) {
      const auto& totals = columns_[rule.legs[test.leg].column].totals;
      value = static_cast<Wide>(totals[place.enter].sum - totals[place.leave].sum);
    }
    out = out << 1 | (test.holds(value) ? 1U : 0U);
  }
  return out;
}

void FlatFold::judge_rule(std::uint32_t index, Instant first, Instant from, Instant to,
                          const SeqAt& seq_at, Effects& effects) {
  const FlatRule& rule = plan_.rules[index];
  const Instance& instance = unit_.instances[index];
  const bool quick = rule.quick && rule.tests.size() <= kMaxTests;
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
  bool settled = false;  // the last judging changed nothing, nor would another one
  std::uint32_t before = 0;
  std::uint64_t passed_over = 0;
  Instant due = instance.judged ? instance.due : first;
  for (;;) {
    Instant t = due;
    for (const Place& place : places_) t = std::min({t, place.next_enter, place.next_leave});
    if (t > to || t == kNever) break;
    bool by_event = !instance.judged && !unit_.registered;
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
    std::uint32_t now = 0;
    if (quick) {
      now = outcomes(rule);
      if (settled && now == before && t < due) {
        ++passed_over;
        continue;
      }
    }
    const Level level = instance.level;
    judge_at(index, t, by_event, seq_at, effects);
    due = instance.due;
    before = now;
    settled = instance.level == level || stays(instance);
  }
  effects.judgements += passed_over;
  if (!effects.rule_judgements.empty()) effects.rule_judgements[rule.rule] += passed_over;
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
}

}  // namespace lianqing
