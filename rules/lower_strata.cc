// Rules that read levels: whose levels a roll-up or a count of warnings covers, and the strata in
// which rules are judged so that no level is read before it is final.
#include <algorithm>

#include "rules/lower.h"
#include "rules/report.h"

namespace lianqing {
namespace {

class Strata {
 public:
  explicit Strata(Names& names)
      : names_(names), program_(names.program), rules_(program_.rules.size()) {
    for (std::uint32_t m = 0; m < program_.measures.size(); ++m) {
      if (reads_levels(program_.measures[m])) by_name_.emplace(program_.measures[m].name, m);
    }
  }

  void run() {
    complete_coverage();
    for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) visit(rule);
    if (circle_) return;
    for (Measure& measure : program_.measures) measure.stratum = stratum_of(measure);
    std::uint32_t highest = 0;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      program_.rules[i].stratum = rules_[i].stratum;
      highest = std::max(highest, rules_[i].stratum);
    }
    program_.strata = highest + 1;
  }

 private:
  enum class State : std::uint8_t { untouched, under_way, done };
  struct Visit {
    State state = State::untouched;
    std::uint32_t stratum = 0;
  };
  struct Step {
    std::uint32_t rule;
    std::uint32_t measure;  // through which the next rule is read
  };

  bool reads_levels(const Measure& measure) const {
    return measure.warnings != kNone ||
           (measure.roll_up != kNone && program_.roll_ups[measure.roll_up].uses_level);
  }

  std::vector<std::uint32_t>& covers_of(const Measure& measure) {
    return measure.warnings != kNone ? program_.warnings[measure.warnings].covers
                                     : program_.roll_ups[measure.roll_up].covers;
  }

  bool is_base(const Rule& rule) const {
    return std::none_of(rule.measures.begin(), rule.measures.end(),
                        [&](std::uint32_t m) { return reads_levels(program_.measures[m]); });
  }

  // All its levels are shown as shades of green: it never counts in a unit's colour.
  bool is_hint(const Rule& rule) const {
    for (std::size_t i = 0; i < rule.levels.size(); ++i) {
      const std::uint32_t shade = rule.shown_as[i];
      const bool green = shade != kNone && program_.shades[shade].base == Level::green;
      if (rule.levels[i].present && !green) return false;
    }
    return true;
  }

  // Without `rules`: the active rules of the group, or of the pack without its hints, that read no
  // levels themselves.
  void complete_coverage() {
    for (const MeasureSyntax& syntax : names_.syntax.measures) {
      const auto found = by_name_.find(syntax.name);
      if (found == by_name_.end()) continue;
      if (!syntax.covers.empty()) continue;
      std::vector<std::uint32_t>& covers = covers_of(program_.measures[found->second]);
      for (std::uint32_t i = 0; i < program_.rules.size(); ++i) {
        const Rule& rule = program_.rules[i];
        const bool wanted = syntax.group.present ? rule.group == syntax.group.text : !is_hint(rule);
        if (wanted && rule.status == RuleStatus::active && is_base(rule)) covers.push_back(i);
      }
      if (covers.empty()) report_nothing(syntax);
    }
  }

  void report_nothing(const MeasureSyntax& syntax) {
    report(names_.out, "R193", syntax.at,
           {"指标“" + syntax.name + "”没有可看的规则：没有启用中的、自己不看级别的规则",
            "measure '" + syntax.name +
                "' covers no rule: there is no active one that reads no levels itself"},
           {"用 rules: [规则] 写明看哪些规则", "name the rules that it looks at: rules: [RULE]"});
  }

  void visit(std::uint32_t rule) {
    Visit& visit_of = rules_[rule];
    if (visit_of.state == State::done) return;
    if (visit_of.state == State::under_way) return report_circle(rule);
    visit_of.state = State::under_way;
    for (const std::uint32_t m : program_.rules[rule].measures) {
      if (!reads_levels(program_.measures[m])) continue;
      for (const std::uint32_t covered : covers_of(program_.measures[m])) {
        path_.push_back({rule, m});
        visit(covered);
        path_.pop_back();
        visit_of.stratum = std::max(visit_of.stratum, rules_[covered].stratum + 1);
      }
    }
    visit_of.state = State::done;
  }

  // One circle is enough: its mending changes what the others are.
  void report_circle(std::uint32_t again) {
    if (circle_) return;
    circle_ = true;
    const auto first = std::find_if(path_.begin(), path_.end(),
                                    [again](const Step& step) { return step.rule == again; });
    std::string circle, zh, en;
    for (auto step = first; step != path_.end(); ++step) {
      const Rule& rule = program_.rules[step->rule];
      const std::string& measure = program_.measures[step->measure].name;
      const std::string at =
          program_.sources[rule.at.file].name + ":" + std::to_string(rule.at.line);
      circle += rule.id + " -> ";
      zh += (zh.empty() ? "" : "；") + rule.id + "（" + at + "）读 " + measure;
      en += (en.empty() ? "" : "; ") + rule.id + " (" + at + ") reads " + measure;
    }
    circle += program_.rules[again].id;
    report(
        names_.out, "R190", program_.rules[again].at,
        {"规则互相看级别成环：" + circle, "rules read each other's levels in a circle: " + circle},
        {"去掉其中一处：" + zh, "take one of these away: " + en});
  }

  std::uint32_t stratum_of(const Measure& measure) {
    std::uint32_t out = 0;
    if (reads_levels(measure)) {
      for (const std::uint32_t rule : covers_of(measure))
        out = std::max(out, rules_[rule].stratum + 1);
    }
    for (const std::uint32_t read : measure.reads)  // they come before it
      out = std::max(out, program_.measures[read].stratum);
    return out;
  }

  Names& names_;
  Program& program_;
  std::vector<Visit> rules_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;  // measures that read levels
  std::vector<Step> path_;
  bool circle_ = false;
};

}  // namespace

void lower_strata(Names& names) { Strata(names).run(); }

}  // namespace lianqing
