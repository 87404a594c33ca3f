#include "engine/world.h"

#include <algorithm>

#include "engine/decide.h"
#include "engine/judge.h"
#include "engine/statistics.h"
#include "engine/touch.h"

namespace lianqing {
namespace {

// A lower unit as a roll-up sees it.
class LowerLeaves final : public Leaves {
 public:
  LowerLeaves(const Fold& fold, const UnitState& unit, const RollUp& roll_up, Instant t)
      : unit_(unit), roll_up_(roll_up), reading_(fold, unit, no_key_, t) {}

  Operand leaf(const ExprNode& node) const override {
    if (node.op != Op::level) return reading_.leaf(node);
    Level highest = Level::green;
    for (const Instance& instance : unit_.instances) {
      if (std::binary_search(roll_up_.covers.begin(), roll_up_.covers.end(), instance.rule)) {
        highest = std::max(highest, instance.level);
      }
    }
    return Operand::of_text(name(highest));
  }

  bool is_unknown() const { return reading_.missing_year() != 0; }

 private:
  const UnitState& unit_;
  const RollUp& roll_up_;
  Cell no_key_;
  Reading reading_;
};

Number quartile(const std::vector<Number>& sorted, Number q) {
  return quantile(sorted, q, [](const Number& value) { return value; });
}

Number mean(const std::vector<Number>& values) {
  Number sum(0);
  for (const Number& value : values) sum = sum + value;
  return sum / Number(static_cast<std::int64_t>(values.size()));
}

// Population standard deviation over the values in millionths, as `stddev` has it.
Number deviation(const std::vector<Number>& values) {
  Wide sum = 0, squares = 0;
  for (const Number& value : values) {
    const Number whole = (value * 1'000'000).round(0);
    sum += whole.num();
    squares += static_cast<Wide>(whole.num()) * whole.num();
  }
  return Number::from_micros(deviation_micros(static_cast<Wide>(values.size()), sum, squares));
}

// `values` sorted; `own` null if the unit has none.
Operand statistic(PeerStat stat, const std::vector<Number>& values, const Operand& own) {
  if (stat == PeerStat::count) return Operand::of(static_cast<std::int64_t>(values.size()));
  if (values.empty()) return {};
  switch (stat) {
    case PeerStat::median: return Operand::of(quartile(values, Number::ratio(1, 2)));
    case PeerStat::q1: return Operand::of(quartile(values, Number::ratio(1, 4)));
    case PeerStat::q3: return Operand::of(quartile(values, Number::ratio(3, 4)));
    case PeerStat::mean: return Operand::of(mean(values));
    case PeerStat::deviation: return Operand::of(deviation(values));
    default: break;
  }
  if (own.is_null()) return {};
  const auto above = std::upper_bound(values.begin(), values.end(), own.number);
  const auto higher = static_cast<std::int64_t>(values.end() - above);
  const auto size = static_cast<std::int64_t>(values.size());
  if (stat == PeerStat::rank) return Operand::of(higher + 1);
  return Operand::of(Number::ratio(100 * (size - higher), size));
}

}  // namespace

World::World(const Fold& fold, std::function<void(std::uint32_t)> changes)
    : fold_(fold), program_(fold.program()), changes_(std::move(changes)) {}

bool World::needed(const Program& program) {
  return !program.peers.empty() || !program.roll_ups.empty();
}

void World::place(std::uint32_t number, UnitState& state) {
  if (members_.size() <= number) members_.resize(number + 1);
  members_[number].state = &state;
  numbers_.emplace(state.name, number);
  adopt(number);
  renew(number);
}

// Puts the unit where its state says it belongs in the tree.
void World::adopt(std::uint32_t number) {
  Member& member = members_[number];
  if (member.parent == member.state->parent) return;
  if (const auto at = children_.find(member.parent); at != children_.end()) {
    std::erase(at->second, number);
  }
  member.parent = member.state->parent;
  tree_changed_ = true;
  if (member.parent.empty()) return;
  auto& siblings = children_[member.parent];
  siblings.insert(std::lower_bound(siblings.begin(), siblings.end(), number), number);
}

// Who gets the records sent for a unit.
std::vector<std::uint32_t> World::receivers(std::uint32_t number) const {
  std::vector<std::uint32_t> out{number};
  for (std::size_t i = 0; i < out.size() && i < 1000;) {
    const std::vector<std::string>& successors = members_[out[i]].state->successors;
    if (successors.empty()) {
      ++i;
      continue;
    }
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(i));
    for (const std::string& name : successors) {
      const auto at = numbers_.find(name);
      if (at != numbers_.end() && std::find(out.begin(), out.end(), at->second) == out.end()) {
        out.push_back(at->second);
      }
    }
  }
  return out;
}

// Merges and splits that take effect at t.
void World::move_records(Instant t, Effects& effects) {
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const std::uint32_t number = active_[i];
    const std::vector<Decision> moves = std::exchange(members_[number].state->moves, {});
    for (const Decision& move : moves) {
      const auto other = numbers_.find(move.target);
      if (other == numbers_.end() || other->second == number) continue;
      const bool here = move.kind == DecisionKind::take_over;
      const std::uint32_t from = here ? other->second : number;
      const std::uint32_t to = here ? number : other->second;
      activate(from, t, effects);
      activate(to, t, effects);
      UnitState& source = *members_[from].state;
      take_over(fold_, *members_[to].state, source, move, effects);
      members_[to].state->moved_by = std::max(members_[to].state->moved_by, move.cause);
      source.successors.push_back(members_[to].state->name);
      if (!here) continue;
      source.dissolved = true;
      touch_all(source, move.cause, move.time);
    }
    adopt(number);
  }
}

void World::renew(std::uint32_t number) {
  const UnitState& unit = *members_[number].state;
  const Instant due = unit.alarms.empty() ? kNever : unit.alarms.front().at;
  if (due != kNever) dues_.emplace(due, number);
}

Instant World::next_due() {
  while (!dues_.empty()) {
    const auto [due, number] = dues_.top();
    const UnitState& unit = *members_[number].state;
    if (!unit.alarms.empty() && unit.alarms.front().at == due) return due;
    dues_.pop();
  }
  return kNever;
}

Instant World::next_peers() const {
  Instant next = kNever;
  if (done_ == kBeforeAll) return next;
  for (const PeerView& view : program_.peers) {
    const LocalDay day = Zone::period_start(program_.zone.day_of(done_), view.every, 1);
    next = std::min(next, program_.zone.start_of(day));
  }
  return next;
}

void World::activate(std::uint32_t number, Instant t, Effects& effects) {
  Member& member = members_[number];
  if (member.active) return;
  member.active = true;
  active_.push_back(number);
  changes_(number);
  if (member.state->clock < t || !member.state->open) fold_.open(*member.state, t, effects);
}

void World::run(std::span<const LogEntry> entries, Instant now, bool last, const SeqAt& seq_at,
                Effects& effects) {
  // The last instant of the previous run may be open still.
  Instant open = kNever;
  for (std::uint32_t number = 0; number < members_.size(); ++number) {
    if (members_[number].state == nullptr || !members_[number].state->open) continue;
    open = members_[number].state->clock;
    activate(number, open, effects);
  }
  for (std::size_t i = 0;;) {
    const Instant next_entry = i < entries.size() ? entries[i].clock : kNever;
    const Instant t = std::min({open, next_entry, next_due(), next_peers()});
    if (t == kNever || t > now) break;
    if (t == now && !last && next_entry != t) break;
    for (; i < entries.size() && entries[i].clock == t; ++i) {
      for (const std::uint32_t number : receivers(entries[i].unit)) {
        activate(number, t, effects);
        fold_.take_in(*members_[number].state, entries[i], effects);
      }
    }
    if (t == now && !last) break;
    complete(t, seq_at, effects);
    open = kNever;
  }
  for (const std::uint32_t number : active_) {
    members_[number].active = false;
    renew(number);
  }
  active_.clear();
}

void World::complete(Instant t, const SeqAt& seq_at, Effects& effects) {
  while (next_due() <= t) {
    const std::uint32_t number = dues_.top().second;
    dues_.pop();
    Member& member = members_[number];
    if (member.active) {
      fold_.open(*member.state, t, effects);
    } else {
      activate(number, t, effects);
    }
    renew(number);
  }
  move_records(t, effects);
  if (t == next_peers()) {
    for (std::uint32_t m = 0; m < program_.measures.size(); ++m) {
      const std::uint32_t view = program_.measures[m].peers;
      if (view == kNone) continue;
      const LocalDay start =
          Zone::period_start(program_.zone.day_of(t), program_.peers[view].every);
      if (program_.zone.start_of(start) == t) take_peers(m, t, effects);
    }
  }
  done_ = t;
  for (std::uint32_t stratum = 0; stratum < program_.strata; ++stratum) {
    roll_up(stratum, t, effects);
    for (std::size_t i = 0; i < active_.size(); ++i) {
      fold_.judge_stratum(*members_[active_[i]].state, stratum, seq_at, effects);
    }
  }
  for (const std::uint32_t number : active_) {
    members_[number].active = false;
    Fold::close(*members_[number].state);
    renew(number);
  }
  active_.clear();
  tree_changed_ = false;
}

// The values of all registered units by their group; the measure of each is set from its group's.
void World::take_peers(std::uint32_t measure, Instant t, Effects& effects) {
  const PeerView& view = program_.peers[program_.measures[measure].peers];
  struct Peer {
    std::uint32_t number;
    Operand value;
  };
  std::map<Cell, std::vector<Peer>, CellOrder> groups;
  for (std::uint32_t number = 0; number < members_.size(); ++number) {
    const UnitState* unit = members_[number].state;
    if (unit == nullptr || !unit->registered || unit->dissolved) continue;
    const Cell& group = unit->attributes[view.among];
    if (group.tag == CellTag::null) continue;
    const Cell no_key;
    Operand value = Reading(fold_, *unit, no_key, t).measure(view.subject);
    if (value.tag != CellTag::number) value = Operand{};
    groups[group].push_back({number, value});
  }
  for (const auto& [group, peers] : groups) {
    std::vector<Number> values;
    for (const Peer& peer : peers) {
      if (!peer.value.is_null()) values.push_back(peer.value.number);
    }
    std::sort(values.begin(), values.end());
    for (const Peer& peer : peers) {
      give(peer.number, measure, statistic(view.stat, values, peer.value), Cause::timer, kNever, t,
           effects);
    }
  }
}

// Takes the roll-ups that are final before this stratum is judged, where a lower unit moved.
void World::roll_up(std::uint32_t stratum, Instant t, Effects& effects) {
  if (program_.roll_ups.empty()) return;
  struct Mover {
    Cause cause = Cause::timer;
    Instant earliest = kNever;
  };
  std::map<std::uint32_t, Mover> parents[2];  // by scope: children, descendants
  for (const std::uint32_t number : active_) {
    const UnitState& unit = *members_[number].state;
    bool direct = true;
    std::string above = members_[number].parent;
    for (int depth = 0; !above.empty() && depth < 64; ++depth) {
      const auto at = numbers_.find(above);
      if (at == numbers_.end()) break;
      for (int scope = direct ? 0 : 1; scope < 2; ++scope) {
        Mover& mover = parents[scope][at->second];
        mover.cause = std::max(mover.cause, unit.moved_by);
        mover.earliest = std::min(mover.earliest, unit.moved_since);
      }
      direct = false;
      above = members_[at->second].parent;
    }
  }
  if (tree_changed_) {
    for (const auto& [name, children] : children_) {
      const auto at = numbers_.find(name);
      if (at == numbers_.end()) continue;
      for (auto& scope : parents) scope.try_emplace(at->second);
    }
  }
  for (std::uint32_t m = 0; m < program_.measures.size(); ++m) {
    const Measure& measure = program_.measures[m];
    if (measure.roll_up == kNone || measure.stratum != stratum) continue;
    const RollUp& view = program_.roll_ups[measure.roll_up];
    for (const auto& [parent, mover] : parents[static_cast<std::size_t>(view.scope)]) {
      give(parent, m, rolled(view, parent, t), mover.cause, mover.earliest, t, effects);
    }
  }
}

void World::below(std::uint32_t number, RollUpScope scope, std::vector<std::uint32_t>& out) const {
  const auto at = children_.find(members_[number].state->name);
  if (at == children_.end() || out.size() > members_.size()) return;
  for (const std::uint32_t child : at->second) {
    if (!members_[child].state->dissolved) out.push_back(child);
    if (scope == RollUpScope::descendants) below(child, scope, out);
  }
}

Operand World::rolled(const RollUp& view, std::uint32_t number, Instant t) const {
  std::vector<std::uint32_t> lower;
  below(number, view.scope, lower);
  std::int64_t holding = 0;
  Number sum(0);
  std::optional<Number> highest;
  for (const std::uint32_t child : lower) {
    const LowerLeaves leaves(fold_, *members_[child].state, view, t);
    Evaluation evaluation{program_, fold_.symbols(), fold_.patterns(), leaves};
    const Operand value = evaluation.run(program_.exprs[view.expr]);
    if (leaves.is_unknown()) return {};  // for want of calendar data below
    if (value.is_true()) ++holding;
    if (value.tag != CellTag::number) continue;
    sum = sum + value.number;
    if (!highest || *highest < value.number) highest = value.number;
  }
  switch (view.how) {
    case RollUpHow::count: return Operand::of(holding);
    case RollUpHow::share:
      if (lower.empty()) return {};
      return Operand::of(Number::ratio(holding, static_cast<std::int64_t>(lower.size())));
    case RollUpHow::maximum: return highest ? Operand::of(*highest) : Operand{};
    case RollUpHow::sum: return Operand::of(sum);
  }
  return {};
}

void World::give(std::uint32_t number, std::uint32_t measure, const Operand& value, Cause cause,
                 Instant earliest, Instant t, Effects& effects) {
  UnitState& unit = *members_[number].state;
  const auto at = unit.given.find(measure);
  if (at != unit.given.end() &&
      (equal(at->second, value) || (at->second.is_null() && value.is_null()))) {
    return;
  }
  activate(number, t, effects);
  unit.given[measure] = value;
  for (const std::uint32_t rule : fold_.route().measure_rules[measure]) {
    touch_rule(program_, unit, rule, Cell{}, cause, earliest);
  }
}

}  // namespace lianqing
