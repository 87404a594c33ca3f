#include "engine/flat_plan.h"

#include <algorithm>

#include "engine/world.h"

namespace lianqing {
namespace {

constexpr std::size_t kWorthwhile = 5;  // one rule in so many, measured

class Planner {
 public:
  Planner(const Program& program, const Route& route) : program_(program), route_(route) {}

  std::optional<FlatPlan> plan() {
    if (World::needed(program_)) return std::nullopt;
    out_.column_of.assign(program_.streams.size(), kNone);
    out_.others.assign(program_.rules.size(), false);
    for (const std::uint32_t rule : route_.judged_rules) {
      if (is_flat(rule)) {
        add(rule);
      } else {
        out_.others[rule] = out_.mixed = true;
      }
    }
    // A record is then laid out twice: few flat rules do not earn that.
    if (out_.rules.size() * kWorthwhile < route_.judged_rules.size()) return std::nullopt;
    if (out_.rules.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool is_flat(std::uint32_t index) const {
    const Rule& rule = program_.rules[index];
    if (rule.keyed || !route_.rule_views[index].empty()) return false;
    for (const LevelRule& level : rule.levels) {
      if (level.confirm.workdays || level.hold.workdays) return false;
    }
    return std::all_of(rule.measures.begin(), rule.measures.end(),
                       [this](std::uint32_t m) { return is_flat_measure(m); });
  }

  bool is_flat_measure(std::uint32_t index) const {
    const Measure& measure = program_.measures[index];
    if (measure.key != kNone) return false;
    if (measure.window != kNone) return is_flat_stream(program_.windows[measure.window].stream);
    return measure.aggregate == Aggregate::value &&
           std::all_of(measure.reads.begin(), measure.reads.end(),
                       [this](std::uint32_t m) { return is_flat_measure(m); });
  }

  bool is_flat_stream(std::uint32_t index) const {
    const Stream& stream = program_.streams[index];
    const auto& windows = route_.stream_windows[index];
    return stream.source == StreamSource::events && stream.key == kNone &&
           std::all_of(windows.begin(), windows.end(), [this](std::uint32_t w) {
             const Window& window = program_.windows[w];
             const bool sums_only = (window.upkeep & ~kKeepSum) == 0;
             return sums_only && window.span.kind != WindowSpan::Kind::calendar &&
                    !route_.clocked[w];
           });
  }

  void add(std::uint32_t index) {
    FlatRule flat;
    flat.rule = index;
    for (std::uint32_t w = 0; w < program_.windows.size(); ++w) {
      const auto& readers = route_.window_rules[w];
      if (std::find(readers.begin(), readers.end(), index) == readers.end()) continue;
      const Window& window = program_.windows[w];
      FlatLeg leg{column(window.stream), w, window.span.offset, std::nullopt};
      if (window.span.kind == WindowSpan::Kind::sliding) leg.over = window.span.over;
      flat.legs.push_back(leg);
    }
    flat.quiet = add_cuts(program_.rules[index], flat);
    out_.rules.push_back(std::move(flat));
  }

  std::uint32_t column(std::uint32_t stream) {
    std::uint32_t& out = out_.column_of[stream];
    if (out == kNone) {
      out = static_cast<std::uint32_t>(out_.streams.size());
      out_.streams.push_back(stream);
    }
    return out;
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
