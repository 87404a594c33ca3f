#include "cli/case_json.h"

#include "cli/calendar_words.h"
#include "cli/case_text.h"
#include "cli/case_words.h"
#include "cli/json_parts.h"

namespace lianqing {
namespace {

void put_or_null(JsonWriter& out, std::string_view name, const std::string& text) {
  out.key(name);
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

// kNever and kBeforeAll are no instants.
void put_or_null(JsonWriter& out, std::string_view name, Instant t) {
  out.key(name);
  if (t == kNever || t == kBeforeAll) {
    out.null();
  } else {
    out.string(format_rfc3339(t));
  }
}

void put_key(JsonWriter& out, const std::optional<std::string>& key) {
  out.key("key");
  if (key) {
    out.string(*key);
  } else {
    out.null();
  }
}

// The object is left open.
void put_clock(JsonWriter& out, const DutyClock& duty, const std::string& rule,
               const DutyTable& table) {
  out.begin_object().key("name").string(duty.name).key("title");
  put(out, duty_title(table, rule, duty.name));
  put_or_null(out, "role", duty.role);
  put_or_null(out, "due", duty.due);
  if (duty.unreckoned.year != 0) {
    out.key("unknown");
    put(out, missing_year_words(duty.unreckoned.year));
  }
  put_or_null(out, "done", duty.done);
  out.key("late").boolean(duty.late);
}

// What time alone does next to an obligation: it becomes overdue, or goes up the ladder.
void put_next(JsonWriter& out, const DutyClock& duty, const std::string& rule,
              const DutyTable& table) {
  out.key("next");
  if (duty.next == kNever) {
    out.null();
    return;
  }
  const auto& ladder = table.ladder(table.rule(rule));
  out.begin_object().key("at").string(format_rfc3339(duty.next));
  if (!duty.late || duty.rung >= ladder.size()) {
    out.key("step").string(name(StepKind::overdue)).end_object();
    return;
  }
  const LadderStep& rung = ladder[duty.rung];
  out.key("step").string(name(StepKind::chased)).key("rung").string(rung.name).key("rung_title");
  put(out, rung_title(table, rule, rung.name));
  put_or_null(out, "role", rung.role);
  out.end_object();
}

void put_duties(JsonWriter& out, const std::vector<DutyClock>& duties, const std::string& rule,
                const DutyTable& table) {
  out.key("duties").begin_array();
  for (const DutyClock& duty : duties) {
    put_clock(out, duty, rule, table);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

void put_colour(JsonWriter& out, const UnitColour& colour, const Program& program) {
  out.key("computed").string(name(colour.computed)).key("label");
  put(out, shown_label(colour, program));
  out.key("symbol").string(shown_symbol(colour, program));
  put_or_null(out, "shade", colour.shown_shade);
  put_or_null(out, "computed_shade", colour.computed_shade);
  out.key("grey").boolean(colour.grey).key("pending").boolean(colour.pending);
  put_or_null(out, "origin",
              colour.origin == ColourOrigin::none ? "" : std::string(name(colour.origin)));
  out.key("cases").begin_array();
  for (const std::string& id : colour.cases) out.string(id);
  out.end_array();
  put_or_null(out, "since", colour.since);
  put_or_null(out, "override_until", colour.override_until.value_or(kNever));
  out.key("text");
  put(out, sentence(colour, program));
}

std::string to_json(const CaseStep& step, const DutyTable& table) {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  put_or_null(out, "case", step.case_id);
  put_or_null(out, "unit", step.unit);
  put_or_null(out, "rule", step.rule);
  put_key(out, step.key);
  out.key("time").string(format_rfc3339(step.time)).key("seq");
  if (step.seq) {
    out.unsigned_integer(*step.seq);
  } else {
    out.null();
  }
  out.key("step").string(name(step.kind));
  if (!step.case_id.empty()) {
    out.key("from").string(name(step.from)).key("to").string(name(step.to));
    out.key("level_from").string(name(step.level_from));
    out.key("level_to").string(name(step.level_to));
  }
  out.key("cause").string(name(step.cause)).key("actor").string(step.actor);
  if (!step.second_actor.empty()) out.key("second_actor").string(step.second_actor);
  put_or_null(out, "reason", step.reason);
  if (!step.record.empty()) {
    out.key("record").begin_object().key("source").string(step.source);
    out.key("id").string(step.record).key("type").string(step.type).end_object();
  }
  if (!step.warning.empty()) out.key("warning").string(step.warning);
  if (!step.other.empty()) out.key("other").string(step.other);
  if (!step.duty.empty()) {
    out.key("duty").begin_object().key("name").string(step.duty).key("title");
    put(out, duty_title(table, step.rule, step.duty));
    put_or_null(out, "role", step.role);
    if (!step.rung.empty()) {
      out.key("rung").string(step.rung).key("rung_title");
      put(out, rung_title(table, step.rule, step.rung));
    }
    out.key("late").boolean(step.late || step.kind == StepKind::overdue ||
                            step.kind == StepKind::chased);
    out.end_object();
  }
  if (step.due) out.key("due").string(format_rfc3339(*step.due));
  if (!step.duties.empty()) put_duties(out, step.duties, step.rule, table);
  if (step.refusal != Refusal::none) {
    const Bilingual words = refusal_words(step.refusal);
    out.key("refusal").begin_object().key("code").string(name(step.refusal));
    out.key("zh").string(words.zh).key("en").string(words.en).end_object();
  }
  out.key("text");
  put(out, sentence(step, table));
  out.end_object();
  return text;
}

std::string to_json(const ColourChange& change, const Program& program) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("unit").string(change.unit);
  out.key("time").string(format_rfc3339(change.time));
  out.key("from").string(name(change.from.shown));
  put_or_null(out, "from_shade", change.from.shown_shade);
  out.key("to").string(name(change.to.shown));
  put_colour(out, change.to, program);
  out.end_object();
  return text;
}

std::string to_json(const std::string& unit, const UnitColour& colour, const Program& program) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("unit").string(unit).key("colour").string(name(colour.shown));
  put_colour(out, colour, program);
  out.end_object();
  return text;
}

std::string to_json(const std::string& unit, const Case& c, bool flapping, const DutyTable& table) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("case").string(c.id).key("unit").string(unit);
  out.key("rule").string(c.rule);
  put_key(out, c.key);
  out.key("state").string(name(c.state)).key("state_text");
  put(out, state_words(c.state));
  out.key("level").string(name(c.level)).key("counts_as").string(name(effective(c)));
  out.key("rule_level").string(name(c.rule_level));
  put_or_null(out, "opened", c.opened);
  put_or_null(out, "since", c.since);
  put_or_null(out, "issued", c.issued);
  put_or_null(out, "ended", c.ended);
  put_or_null(out, "observed_until", c.observe_until);
  put_or_null(out, "suspended_until", c.suspended_until);
  out.key("relapses").unsigned_integer(c.relapses).key("extended").boolean(c.extended);
  out.key("objected").boolean(c.objected).key("flapping").boolean(flapping);
  put_or_null(out, "other", c.other);
  out.key("warnings").begin_array();
  for (const CaseWarning& warning : c.warnings) {
    out.begin_object().key("id").string(warning.id);
    out.key("time").string(format_rfc3339(warning.time));
    out.key("to").string(name(warning.to)).end_object();
  }
  out.end_array().key("duties").begin_array();
  for (const DutyClock& duty : c.duties) {
    put_clock(out, duty, c.rule, table);
    put_next(out, duty, c.rule, table);
    out.end_object();
  }
  out.end_array().end_object();
  return text;
}

}  // namespace lianqing
