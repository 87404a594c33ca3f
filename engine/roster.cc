#include "engine/roster.h"

#include <algorithm>

#include "engine/footprint.h"
#include "engine/outline.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

// About how much memory the units at hand may take, however many they are.
constexpr std::size_t kRoom = std::size_t{1} << 30;

Cell cell_of(const Fact& fact, Symbols& symbols) {
  if (const auto* b = std::get_if<bool>(&fact)) return {CellTag::boolean, 1, *b ? 1 : 0};
  if (const auto* n = std::get_if<Number>(&fact)) {
    return {CellTag::number, static_cast<std::uint32_t>(n->den()), n->num()};
  }
  if (const auto* t = std::get_if<std::string>(&fact))
    return {CellTag::text, 1, symbols.intern(*t)};
  return {};
}

std::string text_of(const Fact& fact) {
  if (const auto* n = std::get_if<Number>(&fact)) return n->to_string();
  if (const auto* t = std::get_if<std::string>(&fact)) return *t;
  return {};
}

// How many units there is room for, by what some of those at hand take: others each turn.
std::size_t room(const std::deque<Roster::Slot>& slots, std::size_t resident, std::uint64_t turn) {
  constexpr std::size_t kFew = 1000, kProbes = 16;
  if (resident < kFew) return SIZE_MAX;
  const std::size_t step = slots.size() / kProbes;
  std::size_t probes = 0, bytes = 0;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    const std::size_t end = (probe + 1) * step;
    std::size_t i = probe * step + turn % step;
    while (i < end && !slots[i].state) ++i;
    if (i == end) continue;
    ++probes;
    bytes += sizeof(Roster::Slot) + footprint(*slots[i].state);
  }
  return probes == 0 ? SIZE_MAX : kRoom / (bytes / probes);
}

}  // namespace

Roster::Roster(const Fold& fold, Symbols& symbols, Store* store, std::vector<RegisteredUnit> units)
    : fold_(fold), symbols_(symbols), store_(store) {
  for (RegisteredUnit& unit : units) registered_.emplace(unit.id, std::move(unit));
}

std::uint32_t Roster::find(std::string_view name) const {
  const auto at = numbers_.find(name);
  return at == numbers_.end() ? kNone : at->second;
}

std::uint32_t Roster::number(std::string_view name) {
  if (const std::uint32_t known = find(name); known != kNone) return known;
  const auto number = static_cast<std::uint32_t>(slots_.size());
  slots_.emplace_back().name = name;
  numbers_.emplace(slots_.back().name, number);
  return number;
}

Result<UnitState*> Roster::load(std::uint32_t number) {
  Slot& slot = slots_[number];
  slot.last_used = turn_;
  if (slot.state) return slot.state.get();
  if (slot.stored) {
    LQ_TRY(const std::string bytes, store_->unit(slot.name));
    LQ_TRY(UnitState state,
           slot.ours ? decode_own(bytes, fold_, symbols_) : decode(bytes, fold_, symbols_));
    slot.state = std::make_unique<UnitState>(std::move(state));
  } else {
    slot.state = std::make_unique<UnitState>();
    slot.state->name = slot.name;
    describe(*slot.state);
  }
  ++resident_;
  return slot.state.get();
}

void Roster::describe(UnitState& unit) const {
  const auto& attributes = fold_.program().unit_attributes;
  unit.attributes.assign(attributes.size(), Cell{});
  const auto at = registered_.find(unit.name);
  if (at == registered_.end()) return;
  unit.registered = true;
  for (const auto& [column, value] : at->second.columns) {
    if (column == "parent") unit.parent = text_of(value);
    const auto attribute = std::find(attributes.begin(), attributes.end(), column);
    if (attribute == attributes.end()) continue;
    unit.attributes[static_cast<std::size_t>(attribute - attributes.begin())] =
        cell_of(value, symbols_);
  }
}

Status Roster::resume(const std::function<void(std::uint32_t, Instant)>& visit) {
  return store_->each_unit([&](std::string_view name, Instant due, std::string_view) {
    const std::uint32_t unit = number(name);
    slots_[unit].stored = true;
    visit(unit, due);
  });
}

void Roster::mark(std::uint32_t number) {
  Slot& slot = slots_[number];
  if (slot.marked == round_) return;
  if (slot.marked + 1 == round_) write_down(slot);
  slot.marked = round_;
  if (store_ != nullptr) marked_.push_back(number);
}

StoredUnit Roster::as_stored(const Slot& slot) const {
  return {slot.name, slot.due, encode(*slot.state, fold_), encode_outline(*slot.state, fold_)};
}

void Roster::begin_snapshot() {
  LQ_ASSERT(next_ == snapshot_.size() && written_.empty());
  snapshot_ = std::exchange(marked_, {});
  next_ = 0;
  ++round_;
  written_.reserve(snapshot_.size());
}

// A unit that was evicted is stored and no longer marked; one that came back may stand there twice.
void Roster::write_down(Slot& slot) {
  LQ_ASSERT(slot.state);
  written_.push_back(as_stored(slot));
  written_bytes_ += written_.back().bytes.size() + sizeof(StoredUnit);
  slot.marked = 0;
  slot.stored = slot.ours = true;
}

bool Roster::write_down(std::size_t bytes) {
  for (written_bytes_ = 0; next_ < snapshot_.size() && written_bytes_ < bytes; ++next_) {
    Slot& slot = slots_[snapshot_[next_]];
    if (slot.marked + 1 == round_) write_down(slot);
  }
  return next_ == snapshot_.size();
}

std::vector<StoredUnit> Roster::take_snapshot() {
  LQ_ASSERT(next_ == snapshot_.size());
  return std::exchange(written_, {});
}

void Roster::snapshot_not_kept() {
  for (const std::uint32_t number : snapshot_) mark(number);
}

// One that is not marked has not changed since; one that was never stored has come since.
Result<const UnitState*> Roster::kept(std::string_view name, std::optional<UnitState>& room) {
  LQ_ASSERT(held_ && next_ == snapshot_.size());
  const std::uint32_t number = find(name);
  if (number == kNone || !slots_[number].stored) return nullptr;
  const Slot& slot = slots_[number];
  if (slot.state && slot.marked == 0) return slot.state.get();
  LQ_TRY(const std::string bytes, store_->unit(slot.name));
  LQ_TRY(UnitState state, decode(bytes, fold_, symbols_));
  return &room.emplace(std::move(state));
}

Status Roster::evict(std::size_t budget) {
  if (store_ == nullptr || held_) return {};
  budget = std::min(budget, room(slots_, resident_, turn_));
  if (resident_ <= budget) return {};
  LQ_ASSERT(next_ == snapshot_.size() && written_.empty());
  std::vector<std::pair<std::uint64_t, std::uint32_t>> resident;
  for (std::uint32_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state) resident.emplace_back(slots_[i].last_used, i);
  }
  std::sort(resident.begin(), resident.end());
  for (const auto& [used, number] : resident) {
    if (resident_ <= budget - budget / 8) break;
    Slot& slot = slots_[number];
    if (slot.marked != 0 || !slot.stored) {
      if (Status s = store_->park(as_stored(slot)); !s) return s;
      slot.stored = slot.ours = true;
      slot.marked = 0;
    }
    slot.state.reset();
    --resident_;
  }
  return {};
}

std::string Roster::fingerprint() const {
  std::string out;
  for (const auto& [id, unit] : registered_) {
    out += '\n' + id;
    for (const auto& [column, value] : unit.columns) out += '\t' + column + '=' + text_of(value);
  }
  return out;
}

}  // namespace lianqing
