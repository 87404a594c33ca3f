#include "cli/case_text.h"

#include <algorithm>

#include "cli/calendar_words.h"
#include "cli/case_words.h"
#include "cli/warning_json.h"
#include "cli/words.h"

namespace lianqing {
namespace {

constexpr Duration kTick{1};

void add(Bilingual& to, const Bilingual& before, const Bilingual& text, const Bilingual& after) {
  to.zh += before.zh + text.in(true) + after.zh;
  to.en += before.en + text.in(false) + after.en;
}

Bilingual both(const std::string& text) { return {text, text}; }

const Shade* find_shade(const Program& program, const std::string& name) {
  for (const Shade& shade : program.shades) {
    if (shade.name == name) return &shade;
  }
  return nullptr;
}

}  // namespace

std::string deadline_text(const Program& program, Instant due) {
  const std::string text = local_text(program, due);
  if (!text.ends_with(" 00:00")) return text;
  return local_text(program, due - kTick).substr(0, 10) + " 24:00";
}

Bilingual duty_title(const DutyTable& table, const std::string& rule, const std::string& duty) {
  for (const Level level : {Level::yellow, Level::red}) {
    for (const DutyStep& step : table.level(table.rule(rule), level).steps) {
      if (step.name == duty && !step.title.empty()) return step.title;
    }
  }
  if (duty == "reply") return {"回复", "Reply"};
  return both(duty);
}

Bilingual rung_title(const DutyTable& table, const std::string& rule, const std::string& rung) {
  for (const LadderStep& step : table.ladder(table.rule(rule))) {
    if (step.name == rung && !step.title.empty()) return step.title;
  }
  return both(rung);
}

Bilingual sentence(const CaseStep& step, const DutyTable& table) {
  const Program& program = table.program();
  Bilingual out = step_words(step.kind);
  if (!step.duty.empty()) {
    add(out, {"：", ": "}, duty_title(table, step.rule, step.duty), {});
  }
  if (!step.rung.empty()) {
    add(out, {"，", ", "}, rung_title(table, step.rule, step.rung), {});
  }
  if (step.due) {
    const Bilingual word =
        step.duty.empty() ? Bilingual{"，至 ", ", until "} : Bilingual{"，时限 ", ", due "};
    add(out, word, both(deadline_text(program, *step.due)), {});
  }
  if (step.late) add(out, {"，", ", "}, {"已逾期", "late"}, {});
  if (!step.other.empty()) add(out, {" ", " "}, both(step.other), {});
  if (step.level_from != step.level_to) {
    add(out, {"，", ", "},
        {std::string(level_word(step.level_from, true)) + "→" +
             std::string(level_word(step.level_to, true)),
         std::string(level_word(step.level_from, false)) + " to " +
             std::string(level_word(step.level_to, false))},
        {});
  }
  const Bilingual cause = step_cause_words(step.cause);
  if (!cause.empty()) add(out, {"（", " ("}, cause, {"）", ")"});
  const Bilingual refusal = refusal_words(step.refusal);
  if (!refusal.empty()) add(out, {"：", ": "}, refusal, {});
  return out;
}

Bilingual shown_label(const UnitColour& colour, const Program& program) {
  if (const Shade* shade = find_shade(program, colour.shown_shade)) {
    return shade->label.label.empty() ? both(shade->name) : shade->label.label;
  }
  const LevelLabel& label = program.labels[static_cast<std::size_t>(colour.shown)];
  if (!label.label.empty()) return label.label;
  return {std::string(level_word(colour.shown, true)),
          std::string(level_word(colour.shown, false))};
}

std::string shown_symbol(const UnitColour& colour, const Program& program) {
  const Shade* shade = find_shade(program, colour.shown_shade);
  if (shade != nullptr && !shade->label.symbol.empty()) return shade->label.symbol;
  const LevelLabel& label = program.labels[static_cast<std::size_t>(colour.shown)];
  return label.symbol.empty() ? std::string(level_symbol(colour.shown)) : label.symbol;
}

Bilingual sentence(const UnitColour& colour, const Program& program) {
  Bilingual out = shown_label(colour, program);
  out = {out.in(true), out.in(false)};
  if (colour.since != kBeforeAll) {
    const std::string since = local_text(program, colour.since);
    add(out, {"，自 ", " since "}, both(since), {" 起", ""});
  }
  if (colour.origin != ColourOrigin::none) {
    add(out, {"，依据：", "; from: "}, origin_words(colour.origin), {});
  }
  if (colour.override_until) {
    UnitColour computed = colour;
    computed.shown = colour.computed;
    computed.shown_shade = colour.computed_shade;
    add(out, {"，至 ", " until "}, both(deadline_text(program, *colour.override_until)), {});
    add(out, {"；计算结果：", "; computed: "}, shown_label(computed, program), {});
  }
  if (colour.pending) add(out, {"；", "; "}, {"待研判", "not confirmed yet"}, {});
  if (colour.grey) add(out, {"；", "; "}, {"数据不足", "data insufficient"}, {});
  return out;
}

std::string case_text(const Case& c, bool flapping, const DutyTable& table, bool chinese) {
  const Program& program = table.program();
  const auto say = [chinese](const Bilingual& text) { return text.in(chinese); };
  std::string out = c.id + "  " + c.rule + (c.key ? "[" + *c.key + "]" : "") + "  " +
                    std::string(level_symbol(effective(c))) +
                    std::string(level_word(effective(c), chinese)) + "  " +
                    say(state_words(c.state)) + (chinese ? "，自 " : " since ") +
                    local_text(program, c.since);
  if (flapping) out += say({"；频繁变动", "; flapping"});
  if (c.relapses > 0) out += say({"；反弹 ", "; relapses: "}) + std::to_string(c.relapses);
  out += '\n';
  if (c.state == CaseState::observing && c.observe_until != kNever) {
    out += say({"  观察至 ", "  observed until "}) + local_text(program, c.observe_until) + '\n';
  } else if (c.unreckoned.year != 0) {
    out += say({"  观察期限未定：", "  observed until an unknown day: "}) +
           say(missing_year_words(c.unreckoned.year)) + '\n';
  }
  for (const DutyClock& duty : c.duties) {
    out += "  " + say(duty_title(table, c.rule, duty.name)) + " (" + duty.role + ")";
    if (duty.due != kNever) {
      out += say({"，时限 ", ", due "}) + deadline_text(program, duty.due);
    } else if (duty.unreckoned.year != 0) {
      out +=
          say({"，时限未定：", ", due unknown: "}) + say(missing_year_words(duty.unreckoned.year));
    }
    if (duty.done != kNever) {
      out += say({"，完成于 ", ", done "}) + local_text(program, duty.done);
    }
    if (duty.late) out += say({"，逾期", ", late"});
    out += '\n';
  }
  return out;
}

}  // namespace lianqing
