#include "engine/flat_plan.h"

#include <algorithm>

#include "engine/world.h"

namespace lianqing {
namespace {

class Planner {
 public:
  Planner(const Program& program, const Route& route) : program_(program), route_(route) {}

  std::optional<FlatPlan> plan() {
    if (World::needed(program_) || program_.strata != 1 || !program_.items.empty() ||
        !program_.sequences.empty() || !program_.warnings.empty()) {
      return std::nullopt;
    }
    out_.column_of.assign(program_.streams.size(), kNone);
    for (const std::uint32_t rule : route_.judged_rules) {
      if (!add(rule)) return std::nullopt;
    }
    return std::move(out_);
  }

 private:
  bool add(std::uint32_t index) {
    const Rule& rule = program_.rules[index];
    if (rule.keyed) return false;
    for (const LevelRule& level : rule.levels) {
      if (level.confirm.workdays || level.hold.workdays) return false;
    }
    FlatRule flat;
    flat.rule = index;
    for (std::uint32_t w = 0; w < program_.windows.size(); ++w) {
      const auto& readers = route_.window_rules[w];
      if (std::find(readers.begin(), readers.end(), index) == readers.end()) continue;
      const Window& window = program_.windows[w];
      if (!add_column(window.stream)) return false;
      FlatLeg leg{out_.column_of[window.stream], w, window.span.offset, std::nullopt};
      if (window.span.kind == WindowSpan::Kind::sliding) leg.over = window.span.over;
      flat.legs.push_back(leg);
    }
    for (const std::uint32_t m : rule.measures) {
      if (program_.measures[m].key != kNone) return false;
    }
    flat.quiet = add_cuts(rule, flat);
    out_.rules.push_back(std::move(flat));
    return true;
  }

  bool add_column(std::uint32_t index) {
    if (out_.column_of[index] != kNone) return true;
    const Stream& stream = program_.streams[index];
    if (stream.source != StreamSource::events || stream.key != kNone) return false;
    for (const std::uint32_t w : route_.stream_windows[index]) {
      const Window& window = program_.windows[w];
      const bool sums_only = (window.upkeep & ~kKeepSum) == 0;
      if (!sums_only || window.span.kind == WindowSpan::Kind::calendar || route_.clocked[w]) {
        return false;
      }
    }
    out_.column_of[index] = static_cast<std::uint32_t>(out_.streams.size());
    out_.streams.push_back(index);
    return true;
  }

  bool add_cuts(const Rule& rule, FlatRule& flat) const {
    const auto cuts = cuts_of(program_, rule);
    if (!cuts) return false;
    for (const Cut& cut : *cuts) {
      const auto leg = std::find_if(flat.legs.begin(), flat.legs.end(),
                                    [&](const FlatLeg& one) { return one.window == cut.window; });
      const auto number = static_cast<std::uint32_t>(leg - flat.legs.begin());
      auto same = std::find_if(flat.cuts.begin(), flat.cuts.end(), [&](const FlatCuts& one) {
        return one.leg == number && one.sums == cut.sums;
      });
      if (same == flat.cuts.end()) same = flat.cuts.insert(same, {number, cut.sums, {}});
      same->at.push_back(cut.at);
    }
    for (FlatCuts& one : flat.cuts) {
      std::sort(one.at.begin(), one.at.end());
      one.at.erase(std::unique(one.at.begin(), one.at.end()), one.at.end());
    }
    return true;
  }

  const Program& program_;
  const Route& route_;
  FlatPlan out_;
};

}  // namespace

std::optional<FlatPlan> FlatPlan::of(const Program& program, const Route& route) {
  return Planner(program, route).plan();
}

}  // namespace lianqing
