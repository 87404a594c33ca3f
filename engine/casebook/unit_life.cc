#include "engine/casebook/unit_life.h"

#include <algorithm>

#include "engine/casebook/duty_table.h"

namespace lianqing {

void index_case(UnitLife& life, const Case& c) {
  for (const CaseWarning& warning : c.warnings) life.case_of[warning.id] = c.id;
  if (is_over(c.state)) {
    life.over.emplace(c.ended, c.id);
  } else {
    life.open[{c.rule, c.key}] = c.id;
  }
}

void forget_case(UnitLife& life, const std::string& id) {
  const auto at = life.cases.find(id);
  if (at == life.cases.end()) return;
  life.over.erase({at->second.ended, id});
  for (const CaseWarning& warning : at->second.warnings) life.case_of.erase(warning.id);
  std::erase_if(life.items, [&id](const auto& item) { return item.second.case_id == id; });
  std::erase_if(life.notices, [&id](const auto& notice) { return notice.second == id; });
  life.cases.erase(at);
}

bool data_missing(const UnitLife& life, const Case& c) {
  return life.dead_sources > 0 || life.grey_rules.contains({c.rule, c.key});
}

bool items_done(const UnitLife& life, const Case& c) {
  return std::all_of(life.items.begin(), life.items.end(), [&c](const auto& item) {
    return item.second.case_id != c.id || item.second.done;
  });
}

namespace {

// For the eye: a shade ranks above its base and below the next level.
struct Rank {
  Level base = Level::green;
  std::uint32_t shade = kNone;  // index; later ones of the same base rank higher

  std::pair<Level, std::uint32_t> order() const { return {base, shade == kNone ? 0 : shade + 1}; }
};

Rank rank_of(const Case& c, const DutyTable& table) {
  const Level level = effective(c);
  const std::uint32_t rule = table.rule(c.rule);
  if (rule == kNone) return {level, kNone};
  const std::uint32_t shade = table.program().rules[rule].shown_as[static_cast<std::size_t>(level)];
  if (shade == kNone) return {level, kNone};
  return {table.program().shades[shade].base, shade};
}

}  // namespace

UnitColour colour_of(const UnitLife& life, const DutyTable& table) {
  UnitColour out;
  Rank best;
  bool confirmed = false, own = false;
  for (const auto& [place, id] : life.open) {
    const Case& c = life.cases.find(id)->second;
    if (effective(c) == Level::green) continue;
    const Rank rank = rank_of(c, table);
    if (rank.order() < best.order()) continue;
    if (rank.order() > best.order()) {
      best = rank;
      out.cases.clear();
      confirmed = own = false;
    }
    out.cases.push_back(id);
    confirmed = confirmed || standing(c) != CaseState::pending_triage;
    own = own || !table.life(table.rule(c.rule)).roll_up;
  }
  std::sort(out.cases.begin(), out.cases.end());
  if (!out.cases.empty()) out.origin = own ? ColourOrigin::warning : ColourOrigin::roll_up;
  out.pending = !out.cases.empty() && !confirmed;
  if (!life.vetoes.empty()) {
    if (best.base < Level::red) {
      best = {Level::red, kNone};
      out.cases.clear();
    }
    out.origin = ColourOrigin::veto;
    out.pending = false;
  }
  out.computed = out.shown = best.base;
  if (best.shade != kNone) out.computed_shade = table.program().shades[best.shade].name;
  out.shown_shade = out.computed_shade;
  if (life.pinned) {
    out.origin = ColourOrigin::override_;
    out.shown = life.pinned->level;
    out.shown_shade = life.pinned->shade;
    out.override_until = life.pinned->until;
  }
  // A rule without a case has nothing that could be kept for want of data.
  out.grey = life.dead_sources > 0 ||
             std::any_of(life.open.begin(), life.open.end(), [&life](const auto& open) {
               return life.grey_rules.contains(open.first);
             });
  return out;
}

}  // namespace lianqing
