// Colours, duties, watched sources; and what rules say of them.
#include <algorithm>

#include "rules/lower.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

LevelLabel lower_label(const LabelSyntax& syntax) {
  return {syntax.label, syntax.meaning, syntax.symbol.text};
}

void lower_flapping(const ColoursSyntax& syntax, Names& names) {
  Flapping& flapping = names.program.flapping;
  const auto window = read_constant_number(syntax.window, names);
  const auto high = read_constant_number(syntax.high, names);
  const auto low = read_constant_number(syntax.low, names);
  if (high) flapping.high = *high;
  if (low) flapping.low = *low;
  if (window) {
    if (window->is_integer() && Number(3) <= *window && *window <= Number(1000)) {
      flapping.window = static_cast<int>(window->num());
    } else {
      report(names.out, "R195", syntax.window.at,
             {"window 是最近多少次判断：3 到 1000 的整数",
              "'window' is how many judgements are looked at: a whole number from 3 to 1000"},
             {"例如 21", "such as 21"});
    }
  }
  if (Number(0) <= flapping.low && flapping.low < flapping.high && flapping.high <= Number(1))
    return;
  const Text& at = syntax.high.present ? syntax.high : syntax.low;
  if (!at.present) return;
  report(names.out, "R195", at.at,
         {"应有 0 <= low < high <= 1", "0 <= low < high <= 1 is expected"},
         {"例如 low: 0.25, high: 0.5", "such as low: 0.25, high: 0.5"});
}

void lower_colours(Names& names) {
  const ColoursSyntax& syntax = names.syntax.colours;
  for (std::size_t i = 0; i < syntax.labels.size(); ++i)
    names.program.labels[i] = lower_label(syntax.labels[i]);
  for (const ShadeSyntax& shade : syntax.shades)
    names.program.shades.push_back({shade.name, shade.base, lower_label(shade.label)});
  lower_flapping(syntax, names);
}

// For the order of a ladder only: a working day is a day at least.
std::int64_t rough_length(const Span& span) {
  return span.workdays ? span.amount * days(1).count() : span.amount;
}

Duty lower_duty(const DutySyntax& syntax, Names& names) {
  Duty duty;
  duty.name = syntax.name;
  duty.title = syntax.title;
  duty.at = syntax.at;
  for (std::size_t i = 0; i < syntax.levels.size(); ++i) {
    const DutyLevelSyntax& level = syntax.levels[i];
    DutyLevel& out = duty.levels[i];
    out.triage = level.triage;
    out.observe = read_span(level.observe, names, {}).value_or(Span{});
    out.extension = read_span(level.extension, names, {}).value_or(Span{});
    for (const DutyStepSyntax& step : level.steps) {
      const Span limit = read_span(step.limit, names, {}).value_or(Span{});
      out.steps.push_back({step.name.text, step.title, step.role.text, limit});
    }
  }
  for (const DutyStepSyntax& step : syntax.ladder) {
    const Span after = read_span(step.limit, names, {}).value_or(Span{});
    duty.ladder.push_back({step.name.text, step.title, step.role.text, after});
  }
  std::stable_sort(duty.ladder.begin(), duty.ladder.end(),
                   [](const LadderStep& a, const LadderStep& b) {
                     return rough_length(a.after) < rough_length(b.after);
                   });
  return duty;
}

void report_unknown(const Text& text, const Bilingual& what, const std::vector<std::string>& known,
                    const Bilingual& where, Names& names) {
  const auto nearest = nearest_name(text.text, known);
  report(names.out, "R150", text.at,
         {"没有" + what.zh + "“" + text.text + "”", "unknown " + what.en + " '" + text.text + "'"},
         nearest ? did_you_mean(*nearest) : where);
}

}  // namespace

void lower_duties(Names& names) {
  lower_colours(names);
  for (const DutySyntax& duty : names.syntax.duties)
    names.program.duties.push_back(lower_duty(duty, names));
  for (const SourceSyntax& source : names.syntax.sources) {
    const auto silent = read_span(source.silent_after, names, {.workdays = true, .positive = true});
    names.program.watched.push_back(
        {source.name, source.title, silent.value_or(Span{}), source.at});
  }
}

void lower_duty_of(const RuleSyntax& syntax, Rule& rule, Names& names) {
  std::vector<std::string> duties, shades;
  for (const DutySyntax& duty : names.syntax.duties) duties.push_back(duty.name);
  for (const ShadeSyntax& shade : names.syntax.colours.shades) shades.push_back(shade.name);
  rule.duty = syntax.duty.text;
  // A pack that declares no duties only labels its rules; `standard` is always there.
  const bool known =
      rule.duty == "standard" || std::find(duties.begin(), duties.end(), rule.duty) != duties.end();
  if (syntax.duty.present && !duties.empty() && !known) {
    report_unknown(syntax.duty, {"职责", "duty"}, duties,
                   {"在 duties 中定义它", "define it under duties"}, names);
  }
  for (std::size_t i = 0; i < syntax.shown_as.size(); ++i) {
    const Text& shade = syntax.shown_as[i];
    if (!shade.present) continue;
    const auto at = std::find(shades.begin(), shades.end(), shade.text);
    if (at == shades.end()) {
      report_unknown(shade, {"颜色", "colour"}, shades,
                     {"在 colours 的 extra 中定义它", "define it under colours: extra:"}, names);
      continue;
    }
    rule.shown_as[i] = static_cast<std::uint32_t>(at - shades.begin());
  }
}

}  // namespace lianqing
