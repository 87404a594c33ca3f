#include "cli/serve/succession.h"

#include "cli/rule_differences.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

// Whether the pack sees the levels that the board shows.
bool alike(const BoardUnit& row, const std::vector<Outline::Stand>& stands,
           const Program& program) {
  std::size_t lit = 0;
  for (const Outline::Stand& stand : stands) {
    if (stand.level == Level::green) continue;
    const auto shown = row.standing.find(std::pair(program.rules[stand.rule].id, stand.key));
    if (shown == row.standing.end() || shown->second.level != stand.level) return false;
    ++lit;
  }
  return lit == row.standing.size();
}

// The casebook has heard which rules had no data; it is told what is otherwise now.
std::vector<GreyChange> grey_changes(const std::string& unit, std::set<CasePlace> was,
                                     const std::vector<Outline::Stand>& stands,
                                     const Program& program, Instant at) {
  std::vector<GreyChange> out;
  std::set<CasePlace> greys;
  for (const Outline::Stand& stand : stands) {
    if (!stand.grey) continue;
    const Rule& rule = program.rules[stand.rule];
    greys.emplace(rule.id, rule.keyed ? std::optional(stand.key) : std::nullopt);
  }
  for (const CasePlace& place : was) {
    if (greys.erase(place) == 0) out.push_back({at, unit, place.first, place.second, false});
  }
  for (const CasePlace& place : greys) out.push_back({at, unit, place.first, place.second, true});
  return out;
}

}  // namespace

// Of which something is shown, seen or known.
const std::string* Succession::unit_behind(const Board& board, const Casebook& casebook) const {
  const auto lit = board.lit().upper_bound(reached_);
  const auto seen = stands.upper_bound(reached_);
  const std::string* out = casebook.unit_behind(reached_);
  if (lit != board.lit().end() && (out == nullptr || *lit < *out)) out = &*lit;
  if (seen != stands.end() && (out == nullptr || seen->first < *out)) out = &seen->first;
  return out;
}

Result<std::optional<Succession::Told>> Succession::next(Replay& now, const Board& board,
                                                         const Casebook& casebook) {
  const std::string* const unit = unit_behind(board, casebook);
  if (unit == nullptr) return std::optional<Told>();
  const std::vector<Outline::Stand> none;
  const auto seen = stands.find(*unit);
  const std::vector<Outline::Stand>& own = seen == stands.end() ? none : seen->second;
  Told out;
  out.unit = *unit;
  out.greys = grey_changes(*unit, casebook.grey_places(*unit), own, now.fold().program(), at);
  const auto row = board.units().find(*unit);
  const BoardUnit green;
  out.looked_at =
      !alike(row == board.units().end() ? green : row->second, own, now.fold().program());
  if (out.looked_at) {
    LQ_TRY(out.differences, differences(*unit, now, board));
    ++units;
    transitions += out.differences.size();
  }
  reached_ = out.unit;
  return std::optional(std::move(out));
}

Result<std::vector<Leaving>> Succession::differences(const std::string& name, Replay& now,
                                                     const Board& board) {
  ShownOfUnit shown;
  if (const auto row = board.units().find(name); row != board.units().end()) {
    for (const auto& [where, standing] : row->second.standing) {
      shown.emplace(where, standing.level);
    }
  }
  std::vector<Leaving> out;
  std::optional<UnitState> room;
  LQ_TRY(const UnitState* seen, live ? now.kept_unit(name, room) : now.unit(name));
  if (seen != nullptr) out = seen_otherwise(now.fold(), *seen, seq, at, shown);
  if (!shown.empty()) {
    LQ_TRY(const UnitState* left, before.replay->unit(name));
    if (left != nullptr) {
      for (Leaving& one : seen_no_more(before.replay->fold(), *left, seq, at, shown)) {
        out.push_back(std::move(one));
      }
    }
  }
  sort_differences(out);
  return out;
}

}  // namespace lianqing
