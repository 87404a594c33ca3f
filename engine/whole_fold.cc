#include "engine/whole_fold.h"

#include "lianqing/assert.h"

namespace lianqing {

WholeFold::WholeFold(const Fold& fold, const FlatPlan& plan, Roster& roster, WholeLog& log,
                     std::size_t threads)
    : fold_(fold), roster_(roster), log_(log) {
  for (std::size_t i = 0; i < threads; ++i) flats_.emplace_back(fold, plan);
}

Status WholeFold::prepare(std::span<const LogEntry> entries, Instant first) {
  first_ = first;
  plain_.assign(roster_.size(), true);
  rules_.resize(roster_.size());
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
  std::vector<const LogEntry*> entries;
  for (std::size_t place = number; place < plain_.size(); place += flats_.size()) {
    const auto unit = static_cast<std::uint32_t>(place);
    UnitState* const state = roster_.slot(unit).state.get();
    if (!log_.has(unit) && state == nullptr) continue;
    log_.take(unit, stretch.to, entries);
    if (plain_[unit]) {
      fold_flat(stretch, unit, entries, flats_[number], effects);
    } else {
      for (const LogEntry* entry : entries) {
        if (entry->clock > stretch.from) fold_.step(*state, *entry, seq_of, effects);
      }
      fold_.tick(*state, stretch.to, seq_of, effects);
    }
    done();
  }
}

void WholeFold::fold_flat(const Stretch& stretch, std::uint32_t unit,
                          std::span<const LogEntry* const> entries, FlatFold& flat,
                          Effects& effects) {
  Roster::Slot& slot = roster_.slot(unit);
  slot.flat = !entries.empty();
  FlatUnit facts{&slot.name, nullptr, false, first_};
  if (slot.state) {
    facts.attributes = &slot.state->attributes;
    facts.registered = slot.state->registered;
  }
  if (!facts.registered) {
    if (entries.empty()) return;
    facts.first = entries.front()->clock;
  }
  std::vector<Instance> rules = std::move(rules_[unit]);
  const SeqAt seq_of = [this](Instant t) { return log_.seq_at(t); };
  flat.run(facts, entries, stretch.from, stretch.to, rules, seq_of, effects);
  if (!stretch.last) rules_[unit] = std::move(rules);
}

}  // namespace lianqing
