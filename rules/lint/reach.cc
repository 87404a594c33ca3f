// Levels that cannot be entered, cannot be left, or are left as soon as they are entered.
#include <algorithm>
#include <set>

#include "rules/lint/lint.h"
#include "rules/lower.h"
#include "rules/report.h"

namespace lianqing {
namespace {

Bilingual level_of(Level level) {
  return level == Level::red ? Bilingual{"红色", "red"} : Bilingual{"黄色", "yellow"};
}

// What is known of the measures that a condition reads: "n: a count is never below zero".
Bilingual reasons(const LintSubject& subject, std::uint32_t expr) {
  std::set<std::uint32_t> read;
  add_measures(subject.program.exprs[expr], read);
  Bilingual out;
  for (const std::uint32_t measure : read) {
    const Bilingual& why = subject.ranges.why(measure);
    if (why.empty()) continue;
    const std::string& name = subject.program.measures[measure].name;
    out.zh += (out.zh.empty() ? "" : "；") + name + "：" + why.zh;
    out.en += (out.en.empty() ? "" : "; ") + name + ": " + why.en;
  }
  return out;
}

// Something is said of this very condition already.
bool is_reported(const Diagnostics& found, const SourceSpan& at) {
  return std::any_of(found.begin(), found.end(), [&](const Diagnostic& d) {
    const bool about = d.code == "R178" || d.code == "R159";
    return about && d.at.file == at.file && d.at.line == at.line && d.at.column == at.column;
  });
}

class Reach {
 public:
  Reach(const LintSubject& subject, const Rule& rule, Diagnostics& out)
      : subject_(subject), ranges_(subject.ranges), rule_(rule), out_(out) {}

  void run() {
    const auto usable = ranges_.when(rule_.needs, true, ranges_.all());
    if (!usable) {
      const Expr& needs = subject_.program.exprs[rule_.needs];
      if (!is_reported(out_, needs.at)) {
        report(out_, "R200", needs.at,
               {"“" + needs.source + "”永远不成立，规则一直是灰的",
                "'" + needs.source + "' can never hold: the rule stays grey"},
               advice(rule_.needs));
      }
      return;
    }
    for (const Level level : {Level::yellow, Level::red}) {
      const LevelRule& at = rule_.levels[static_cast<std::size_t>(level)];
      if (at.present && at.enter != kNone) run(level, at, *usable);
    }
  }

 private:
  Bilingual advice(std::uint32_t expr) const {
    const Bilingual known = reasons(subject_, expr);
    const Values anything(ranges_.all().size());
    if (known.empty() || !ranges_.when(expr, true, anything))
      return {"各部分互相矛盾，检查界限", "its parts contradict each other; look at the limits"};
    return {"检查界限。" + known.zh, "look at the limits. " + known.en};
  }

  void run(Level level, const LevelRule& at, const Values& usable) {
    const Expr& enter = subject_.program.exprs[at.enter];
    const auto entered = ranges_.when(at.enter, true, usable);
    const Bilingual name = level_of(level);
    if (!entered) {
      if (is_reported(out_, enter.at)) return;
      report(out_, "R200", enter.at,
             {"“" + enter.source + "”永远不成立，" + name.zh + "不会出现",
              "'" + enter.source + "' can never hold: " + name.en + " is never reached"},
             advice(at.enter));
      return;
    }
    check_end(name, at, *entered, usable);
    check_exit(at, *entered);
  }

  // What measures can become after the level was entered, without anything taken back.
  Values later(const Values& entered, const Values& usable) const {
    Values out = usable;
    for (std::uint32_t i = 0; i < out.size(); ++i) {
      switch (ranges_.drift(i)) {
        case Drift::still: out[i] = entered[i]; break;
        case Drift::up: out[i] = meet(out[i], above(entered[i], true)); break;
        case Drift::down: out[i] = meet(out[i], below(entered[i], true)); break;
        case Drift::any: break;
      }
    }
    return out;
  }

  void check_end(const Bilingual& name, const LevelRule& at, const Values& entered,
                 const Values& usable) {
    if (rule_.to) return;  // ends by its date
    const bool own = at.exit != kNone;
    if (ranges_.when(own ? at.exit : at.enter, own, later(entered, usable))) return;
    const Expr& exit = subject_.program.exprs[own ? at.exit : at.enter];
    if (is_reported(out_, exit.at)) return;
    const bool possible = ranges_.when(own ? at.exit : at.enter, own, usable).has_value();
    const Bilingual what =
        own ? Bilingual{"退出条件“" + exit.source + "”", "the exit '" + exit.source + "'"}
            : Bilingual{"“" + exit.source + "”的反面", "the opposite of '" + exit.source + "'"};
    report(out_, "R201", exit.at,
           {name.zh + "亮起后不会自行解除：" + what.zh + "不会再成立",
            name.en + " never ends by itself: " + what.en + " cannot come true any more"},
           possible ? Bilingual{"没有 over 的累计只增不减；加上 over，或另写 exit",
                                "a number over all history never falls; give it an over, or "
                                "another exit"}
                    : Bilingual{
                          "检查界限。" + reasons(subject_, own ? at.exit : at.enter).zh,
                          "look at the limits. " + reasons(subject_, own ? at.exit : at.enter).en});
  }

  void check_exit(const LevelRule& at, const Values& entered) {
    if (at.exit == kNone || ranges_.when(at.exit, false, entered)) return;
    const Expr &enter = subject_.program.exprs[at.enter], &exit = subject_.program.exprs[at.exit];
    if (is_reported(out_, exit.at)) return;
    report(out_, "R206", exit.at,
           {"进入条件“" + enter.source + "”成立时，退出条件“" + exit.source + "”也总成立",
            "whenever the enter '" + enter.source + "' holds, the exit '" + exit.source +
                "' holds too"},
           {"退出线应在进入线的另一侧",
            "the limit to leave lies on the other side of the limit to enter"});
  }

  const LintSubject& subject_;
  Ranges& ranges_;
  const Rule& rule_;
  Diagnostics& out_;
};

}  // namespace

void lint_reach(const LintSubject& subject, Diagnostics& out) {
  for (const Rule& rule : subject.program.rules) {
    if (rule.status != RuleStatus::retired) Reach(subject, rule, out).run();
  }
}

}  // namespace lianqing
