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
  if (units_.empty() || units_.back() != unit.name) units_.push_back(unit.name);
  LevelChange& out = changes_.emplace_back();
  out.time = t;
  out.late_by = late_by(instance, from, t).value_or(out.late_by);
  out.unit = static_cast<std::uint32_t>(units_.size() - 1);
  const std::string* key = nullptr;
  if (rule.keyed) {
    out.key = static_cast<std::uint32_t>(keys_.size());
    key = &keys_.emplace_back(key_text(fold, instance.key));
  }
  out.rule = instance.rule;
  out.values = static_cast<std::uint32_t>(values_.size());
  out.from = from;
  out.to = instance.level;
  out.cause = instance.cause;
  out.revoked = out.to < from && instance.revoked;
  out.id = fold.ids().id(unit.name, rule.id, key, t, out.to);
}

void HeldChanges::clear() {
  changes_.clear();
  units_.clear();
  keys_.clear();
  values_.clear();
}

// One giving out.
class Departure {
 public:
  Departure(std::span<const HeldChanges* const> all, const Fold& fold) : all_(all), fold_(fold) {
    const std::vector<Rule>& rules = fold.program().rules;
    written_.resize(rules.size());
    std::vector<std::uint32_t> order(rules.size());
    for (std::uint32_t r = 0; r < rules.size(); ++r) {
      order[r] = r;
      write_always(fold, rules[r], written_[r]);
    }
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return rules[a].id < rules[b].id; });
    ranks_.resize(rules.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) ranks_[order[i]] = i;
  }

  Status run(const std::function<std::uint64_t(Instant)>& seq_at, const Render& render,
             const std::function<Status(const Leaving&)>& out) {
    sort();
    Leaving leaving;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      // First for the change, then for its values. Not in a function of its own: one that only
      // prefetches is taken for one that does nothing, and its calls are left out.
      if (i + 2 * kAhead < order_.size()) {
        const auto* const far = reinterpret_cast<const char*>(&change(order_[i + 2 * kAhead]));
        __builtin_prefetch(far);
        __builtin_prefetch(far + sizeof(LevelChange) - 1);
      }
      if (i + kAhead < order_.size()) {
        const Place& near = order_[i + kAhead];
        __builtin_prefetch(all_[near.held]->values_.data() + change(near).values);
      }
      const LevelChange& one = change(order_[i]);
      Warning& warning = write(*all_[order_[i].held], one);
      warning.seq = seq_at(one.time);
      leaving.time = warning.time;
      leaving.unit = warning.unit;
      leaving.rule = warning.rule;
      leaving.keyed = warning.key.has_value();
      if (leaving.keyed) leaving.key = *warning.key;
      if (!leaving.keyed) leaving.key.clear();
      leaving.from = warning.from;
      leaving.to = warning.to;
      leaving.shadow = warning.shadow;
      leaving.id = warning.id;
      leaving.cause = warning.cause;
      leaving.revoked = warning.revoked;
      leaving.seq = warning.seq;
      leaving.text.clear();
      render(warning, leaving.text);
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

  void sort() {
    for (std::uint32_t h = 0; h < all_.size(); ++h) {
      for (std::uint32_t i = 0; i < all_[h]->size(); ++i) {
        order_.push_back({all_[h]->changes_[i].time, h, i});
      }
    }
    sort_by_time(order_, [this](const Place& x, const Place& y) {
      const LevelChange &a = change(x), &b = change(y);
      const HeldChanges &of_a = *all_[x.held], &of_b = *all_[y.held];
      if (x.held != y.held || a.unit != b.unit) {
        const int order = of_a.units_[a.unit].compare(of_b.units_[b.unit]);
        if (order != 0) return order < 0;
      }
      if (a.rule != b.rule) return ranks_[a.rule] < ranks_[b.rule];
      return fold_.program().rules[a.rule].keyed && of_a.keys_[a.key] < of_b.keys_[b.key];
    });
  }

  // What all warnings of a rule say is there already.
  Warning& write(const HeldChanges& of, const LevelChange& change) {
    Warning& out = written_[change.rule];
    out.unit = of.units_[change.unit];
    if (out.key) *out.key = of.keys_[change.key];
    out.from = change.from;
    out.to = change.to;
    out.cause = change.cause;
    out.revoked = change.revoked;
    out.time = change.time;
    out.late_by.reset();
    if (change.late_by > Duration{0}) out.late_by = change.late_by;
    WarningIds::write(change.id, out.id);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      out.values[i].value = of.values_[change.values + i];
    }
    return out;
  }

  std::span<const HeldChanges* const> all_;
  const Fold& fold_;
  std::vector<Warning> written_;      // one per rule
  std::vector<std::uint32_t> ranks_;  // of rules, by their ids
  std::vector<Place> order_;
};

Status give_out(std::span<Outgoing* const> all, const Fold& fold,
                const std::function<std::uint64_t(Instant)>& seq_at, const Render& render,
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
