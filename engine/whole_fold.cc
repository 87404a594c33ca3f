#include "engine/whole_fold.h"

#include "engine/partial_route.h"
#include "lianqing/assert.h"

namespace lianqing {

WholeFold::WholeFold(const Fold& fold, const Gathering& gathered, Roster& roster, WholeLog& log,
                     std::size_t threads)
    : fold_(fold),
      others_(gathered.other_rules ? &*gathered.other_rules : nullptr),
      roster_(roster),
      log_(log),
      rooms_(threads) {
  for (std::size_t i = 0; i < threads; ++i) flats_.emplace_back(fold, gathered.plan);
}

Status WholeFold::prepare(std::span<const LogEntry> entries, Instant first) {
  first_ = first;
  plain_.assign(roster_.size(), true);
  rules_.resize(roster_.size());
  states_.resize(roster_.size());
  for (const LogEntry& entry : entries) {
    if (!FlatFold::takes(entry)) plain_[entry.unit] = false;
  }
  // States and symbols are shared: only one thread may load.
  for (const auto& registered : roster_.registered()) {
    const std::uint32_t number = roster_.number(registered.first);
    LQ_TRY(UnitState * state, roster_.load(number));
    Effects effects;
    if (!plain_[number]) fold_.activate(*state, first, {}, effects);
  }
  for (std::uint32_t number = 0; number < roster_.size(); ++number) {
    if (plain_[number]) continue;
    LQ_TRY([[maybe_unused]] UnitState * state, roster_.load(number));
  }
  return {};
}

void WholeFold::fold(const Stretch& stretch, std::size_t number, Effects& effects,
                     const std::function<void()>& done) {
  const SeqAt seq_of = [this](Instant t) { return log_.seq_at(t); };
  UnitEntries& room = rooms_[number];
  for (std::size_t place = number; place < plain_.size(); place += flats_.size()) {
    const auto unit = static_cast<std::uint32_t>(place);
    UnitState* const state = roster_.slot(unit).state.get();
    if (!log_.has(unit) && state == nullptr) continue;
    __builtin_prefetch(log_.first_of(static_cast<std::uint32_t>(place + flats_.size())));
    if (plain_[unit]) {
      fold_flat(stretch, number, unit, effects);
    } else {
      log_.take(unit, stretch.to, room);
      for (const LogEntry* entry : room.all) {
        if (entry->clock > stretch.from) fold_.step(*state, *entry, seq_of, effects);
      }
      fold_.tick(*state, stretch.to, seq_of, effects);
      if (stretch.last) count_lacking(*state);
    }
    done();
  }
}

void WholeFold::fold_flat(const Stretch& stretch, std::size_t number, std::uint32_t unit,
                          Effects& effects) {
  Roster::Slot& slot = roster_.slot(unit);
  FlatUnit facts{&slot.name, nullptr, false, first_};
  if (slot.state) {
    facts.attributes = &slot.state->attributes;
    facts.registered = slot.state->registered;
  }
  FlatFold& flat = flats_[number];
  UnitEntries& room = rooms_[number];
  flat.begin();
  log_.each(unit, stretch.to, room, [&](const LogEntry& entry) {
    if (!facts.registered) {
      facts.first = flat.empty() ? entry.clock : std::min(facts.first, entry.clock);
    }
    flat.take(entry);
  });
  slot.flat = !flat.empty();
  if (!facts.registered && flat.empty()) return;
  std::vector<Instance> rules = std::move(rules_[unit]);
  const SeqAt seq_of = [this](Instant t) { return log_.seq_at(t); };
  flat.run(facts, stretch.from, stretch.to, rules, seq_of, effects);
  if (!stretch.last) rules_[unit] = std::move(rules);
  if (others_ == nullptr) return;
  log_.take(unit, stretch.to, room);
  fold_others(stretch, unit, facts, room.all, effects);
}

void WholeFold::fold_others(const Stretch& stretch, std::uint32_t unit, const FlatUnit& facts,
                            std::span<const LogEntry* const> entries, Effects& effects) {
  const SeqAt seq_of = [this](Instant t) { return log_.seq_at(t); };
  std::unique_ptr<UnitState>& state = states_[unit];
  if (!state) {
    state = std::make_unique<UnitState>();
    state->name = *facts.name;
    state->registered = facts.registered;
    if (facts.attributes != nullptr) {
      state->attributes = *facts.attributes;
    } else {
      state->attributes.resize(fold_.program().unit_attributes.size());
    }
    if (facts.registered) others_->activate(*state, first_, seq_of, effects);
  }
  // A record that nothing looks at need not be taken in, but for the first: it is seen.
  for (const LogEntry* entry : entries) {
    if (entry->clock <= stretch.from) continue;
    if (!state->seen || concerns(others_->route(), *entry)) {
      others_->step(*state, *entry, seq_of, effects);
    }
  }
  others_->tick(*state, stretch.to, seq_of, effects);
  if (!stretch.last) return;
  count_lacking(*state);
  if (state->items_ignored != 0) {  // it is asked for when the log has ended
    std::unique_ptr<UnitState>& kept = roster_.slot(unit).state;
    if (!kept) kept = std::make_unique<UnitState>();
    kept->name = *facts.name;
    kept->items_ignored = state->items_ignored;
  }
  state.reset();
}

void WholeFold::count_lacking(const UnitState& unit) {
  if (!unit.uncertain) return;
  const std::lock_guard lock(lacking_is_counted_);
  for (const int year : missing_years(unit)) ++lacking_[year];
}

}  // namespace lianqing
