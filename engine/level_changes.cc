#include "engine/level_changes.h"

#include <algorithm>

#include "engine/fold.h"
#include "engine/rationale.h"
#include "engine/sort_by_time.h"

namespace lianqing {
namespace {

constexpr std::size_t kAhead = 8;  // changes for which memory is asked in time

}  // namespace

void HeldChanges::add(const Fold& fold, const UnitState& unit, const Instance& instance, Level from,
                      Instant t) {
  const Rule& rule = fold.program().rules[instance.rule];
  if (units_.empty() || units_.back() != unit.name) {
    units_.push_back(unit.name);
    stem_of_ = kNoRule;
  }
  LevelChange out;
  out.time = micros(t);
  out.unit = static_cast<std::uint32_t>(units_.size() - 1);
  out.key = kNone;
  if (rule.keyed) {
    out.key = static_cast<std::uint32_t>(keys_.size());
    stem_.set(unit.name, rule.id, &keys_.emplace_back(key_text(fold, instance.key)));
    stem_of_ = kNoRule;
  } else if (stem_of_ != instance.rule) {
    stem_.set(unit.name, rule.id, nullptr);
    stem_of_ = instance.rule;
  }
  out.rule = instance.rule;
  out.values = static_cast<std::uint32_t>(values_.size());
  out.whole = 0;
  out.from = from;
  out.to = instance.level;
  out.cause = instance.cause;
  out.revoked = out.to < from && instance.revoked;
  out.id = fold.ids().id(stem_, t, out.to);
  changes_.push_back(out);
  measures_ = rule.measures.size();
}

void HeldChanges::add_value(Fact value) {
  const auto* const number = std::get_if<Number>(&value);
  if (measures_ != 1 || number == nullptr || !number->is_integer()) {
    return values_.push_back(std::move(value));
  }
  LevelChange& last = changes_[changes_.size() - 1];
  last.whole = number->num();
  last.values = LevelChange::kWhole;
}

void HeldChanges::clear() {
  changes_.clear();
  units_.clear();
  keys_.clear();
  values_.clear();
  stem_of_ = kNoRule;
}

// One giving out.
class Departure {
 public:
  Departure(std::span<const HeldChanges* const> all, const Fold& fold)
      : all_(all), rules_(fold.program().rules), leaving_(rules_.size()) {
    for (std::size_t r = 0; r < rules_.size(); ++r) {
      leaving_[r].rule = rules_[r].id;
      leaving_[r].keyed = rules_[r].keyed;
      leaving_[r].shadow = rules_[r].status == RuleStatus::shadow;
    }
  }

  Status run(const std::function<std::uint64_t(Instant)>& seq_at, const RenderBrief& render,
             const std::function<Status(const Leaving&)>& out) {
    sort();
    for (std::size_t i = 0; i < order_.size(); ++i) {
      // First for the change, then for what it names. Not in a function of its own: one that only
      // prefetches is taken for one that does nothing, and its calls are left out.
      if (i + 2 * kAhead < order_.size()) __builtin_prefetch(&change(order_[i + 2 * kAhead]));
      if (i + kAhead < order_.size()) {
        const HeldChanges& held = *all_[order_[i + kAhead].held];
        const LevelChange& near = change(order_[i + kAhead]);
        __builtin_prefetch(held.units_.data() + near.unit);
        if (near.values != LevelChange::kWhole) {
          __builtin_prefetch(held.values_.data() + near.values);
        }
      }
      const HeldChanges& of = *all_[order_[i].held];
      const LevelChange& one = change(order_[i]);
      Leaving& leaving = leaving_[one.rule];
      leaving.time = order_[i].time;
      leaving.unit = of.units_[one.unit];
      if (leaving.keyed) leaving.key = of.keys_[one.key];
      leaving.from = one.from;
      leaving.to = one.to;
      WarningIds::write(one.id, leaving.id);
      leaving.cause = one.cause;
      leaving.revoked = one.revoked;
      leaving.seq = seq_at(leaving.time);
      if (render) render(leaving, one.rule, values(of, one));
      if (Status s = out(leaving); !s) return s;
    }
    return {};
  }

 private:
  struct Place {
    Instant time;
    std::uint32_t held, at;
  };

  const LevelChange& change(const Place& place) const {
    return all_[place.held]->changes_[place.at];
  }

  // Rules are in order of their ids.
  void sort() {
    std::size_t size = 0;
    for (const HeldChanges* const one : all_) size += one->size();
    order_.reserve(size);
    for (std::uint32_t h = 0; h < all_.size(); ++h) {
      const auto held = static_cast<std::uint32_t>(all_[h]->size());
      for (std::uint32_t i = 0; i < held; ++i) {
        order_.push_back({instant(all_[h]->changes_[i].time), h, i});
      }
    }
    sort_by_time(order_, [this](const Place& x, const Place& y) {
      const LevelChange &a = change(x), &b = change(y);
      const HeldChanges &of_a = *all_[x.held], &of_b = *all_[y.held];
      if (x.held != y.held || a.unit != b.unit) {
        const int order = of_a.units_[a.unit].compare(of_b.units_[b.unit]);
        if (order != 0) return order < 0;
      }
      if (a.rule != b.rule) return a.rule < b.rule;
      return rules_[a.rule].keyed && of_a.keys_[a.key] < of_b.keys_[b.key];
    });
  }

  std::span<const Fact> values(const HeldChanges& of, const LevelChange& one) {
    if (one.values != LevelChange::kWhole) {
      return std::span(of.values_).subspan(one.values, rules_[one.rule].measures.size());
    }
    whole_ = Number(one.whole);
    return {&whole_, 1};
  }

  std::span<const HeldChanges* const> all_;
  const std::vector<Rule>& rules_;
  std::vector<Leaving> leaving_;  // one per rule: what all of its changes say is there already
  std::vector<Place> order_;
  Fact whole_;
};

Status give_out(std::span<Outgoing* const> all, const Fold& fold,
                const std::function<std::uint64_t(Instant)>& seq_at, const RenderBrief& render,
                const std::function<Status(const Leaving&)>& out) {
  std::vector<HeldWarnings*> warnings;
  std::vector<const HeldChanges*> changes;
  for (Outgoing* const one : all) {
    warnings.push_back(&one->warnings);
    if (one->changes.size() != 0) changes.push_back(&one->changes);
  }
  Status given = give_out(warnings, out);
  if (given && !changes.empty()) given = Departure(changes, fold).run(seq_at, render, out);
  for (Outgoing* const one : all) {
    one->warnings.clear();
    one->changes.clear();
  }
  return given;
}

}  // namespace lianqing
