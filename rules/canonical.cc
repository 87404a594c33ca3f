#include "rules/canonical.h"

#include <string_view>

#include "lianqing/assert.h"
#include "rules/operators.h"

namespace lianqing {
namespace {

// Texts with blanks collapsed: the layout of a folded sentence is not its meaning.
std::string collapsed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

class Writer {
 public:
  explicit Writer(const Program& program) : program_(program) {}

  std::string out;

  Writer& line(std::string_view what) {
    if (!out.empty()) out += '\n';
    out += what;
    return *this;
  }
  Writer& number(std::int64_t value) {
    out += ' ';
    out += std::to_string(value);
    return *this;
  }
  Writer& index(std::uint32_t value) {
    if (value != kNone) return number(value);
    out += " -";
    return *this;
  }
  Writer& text(std::string_view value) {
    out += ' ';
    out += std::to_string(value.size());
    out += ':';
    out += value;
    return *this;
  }
  Writer& text(const Bilingual& value) {
    return text(collapsed(value.zh)).text(collapsed(value.en));
  }
  Writer& cell(const Cell& value) {
    number(static_cast<int>(value.tag));
    if (value.tag == CellTag::text)
      return text(program_.symbols[static_cast<std::size_t>(value.num)]);
    return number(value.num).number(value.den);
  }
  Writer& span(const Span& value) { return number(value.workdays).number(value.amount); }
  Writer& number(const std::optional<Number>& value) {
    if (value) return number(value->num()).number(value->den());
    out += " -";
    return *this;
  }
  Writer& instant(const std::optional<Instant>& value) {
    if (value) return number(micros(*value));
    out += " -";
    return *this;
  }
  Writer& slot(std::uint32_t value) {
    if (value != kNone) return text(program_.slots[value].path);
    out += " -";
    return *this;
  }
  Writer& types(const std::vector<std::uint32_t>& values) {
    number(static_cast<std::int64_t>(values.size()));
    for (const std::uint32_t type : values) text(program_.types[type].name);
    return *this;
  }
  Writer& expr(std::uint32_t value) {
    if (value == kNone) {
      out += " -";
      return *this;
    }
    return expr(program_.exprs[value]);
  }
  Writer& expr(const Expr& value) {
    if (!value.present()) {
      out += " -";
      return *this;
    }
    node(value, value.root());
    return *this;
  }

 private:
  void node(const Expr& expr, std::uint32_t at) {
    const ExprNode& n = expr.nodes[at];
    out += " (";
    out += name_of(n.op);
    if (n.handled) out += '!';
    switch (n.op) {
      case Op::constant: cell(expr.constants[n.a]); break;
      case Op::list:
        for (std::uint32_t i = 0; i < n.b; ++i) cell(expr.constants[n.a + i]);
        break;
      case Op::param: text(program_.params[n.a].name); break;
      case Op::field: text(program_.slots[n.a].path); break;
      case Op::event_attr:
      case Op::warning_attr: number(n.a); break;
      case Op::measure: text(program_.measures[n.a].name); break;
      case Op::unit_attr: text(program_.unit_attributes[n.a]); break;
      case Op::key:
      case Op::level: break;
      case Op::matches:
        node(expr, n.a);
        text(program_.patterns[n.b]);
        break;
      default:
        for (const std::uint32_t child : {n.a, n.b, n.c}) {
          if (child != kNone) node(expr, child);
        }
    }
    out += ')';
  }

  const Program& program_;
};

void write_events(const Program& program, Writer& w) {
  for (const EventType& type : program.types) {
    w.line("type").text(type.name).text(type.title).number(type.declared);
    for (const FieldCheck& field : type.fields) {
      w.line("field").text(field.name).number(static_cast<int>(field.type)).number(field.required);
      w.number(field.sensitive).number(field.min).number(field.max);
      for (const std::string& code : field.codes) w.text(code);
    }
  }
  for (const Item& item : program.items) {
    w.line("item")
        .text(item.name)
        .text(item.title)
        .slot(item.key)
        .types(item.open)
        .types(item.close);
    w.slot(item.due).types(item.extend).expr(item.extend_where).slot(item.extend_due);
    w.expr(item.open_where).expr(item.close_where);
  }
}

void write_span(const WindowSpan& span, Writer& w) {
  w.number(static_cast<int>(span.kind)).number(span.over.count()).number(span.offset.count());
  w.number(static_cast<int>(span.period)).number(span.periods_back).number(span.to_date);
}

void write_sequence(const Sequence& sequence, Writer& w) {
  auto step = [&](const SequenceStep& s) { w.types(s.types).number(s.any_type).expr(s.where); };
  w.number(static_cast<std::int64_t>(sequence.steps.size()));
  for (const SequenceStep& s : sequence.steps) step(s);
  w.number(sequence.without.has_value());
  if (sequence.without) step(*sequence.without);
  w.slot(sequence.on).number(sequence.within.has_value());
  if (sequence.within) w.span(*sequence.within);
}

void write_window(const Program& program, const Window& window, Writer& w) {
  const Stream& stream = program.streams[window.stream];
  w.number(static_cast<int>(stream.source)).types(stream.types).number(stream.any_type);
  if (stream.item != kNone) w.text(program.items[stream.item].name);
  w.expr(stream.where).slot(stream.value).number(stream.numeric).expr(stream.flag).slot(stream.key);
  if (stream.sequence != kNone) write_sequence(program.sequences[stream.sequence], w);
  write_span(window.span, w);
}

void write_covers(const Program& program, const std::vector<std::uint32_t>& covers, Writer& w) {
  w.number(static_cast<std::int64_t>(covers.size()));
  for (const std::uint32_t rule : covers) w.text(program.rules[rule].id);
}

// What a measure makes of other units or of warnings.
void write_far(const Program& program, const Measure& measure, Writer& w) {
  if (measure.peers != kNone) {
    const PeerView& view = program.peers[measure.peers];
    w.text(program.measures[view.subject].name).number(static_cast<int>(view.stat));
    w.text(program.unit_attributes[view.among]).number(static_cast<int>(view.every));
  }
  if (measure.roll_up != kNone) {
    const RollUp& roll_up = program.roll_ups[measure.roll_up];
    w.number(static_cast<int>(roll_up.scope)).number(static_cast<int>(roll_up.how));
    w.expr(roll_up.expr);
    write_covers(program, roll_up.covers, w);
  }
  if (measure.warnings == kNone) return;
  const WarningView& view = program.warnings[measure.warnings];
  w.number(view.active).expr(view.where);
  w.number(view.distinct ? static_cast<int>(*view.distinct) : -1);
  write_span(view.span, w);
  write_covers(program, view.covers, w);
}

void write_measures(const Program& program, Writer& w) {
  for (const Measure& measure : program.measures) {
    w.line("measure")
        .text(measure.name)
        .text(measure.title)
        .number(static_cast<int>(measure.aggregate));
    if (measure.window != kNone) write_window(program, program.windows[measure.window], w);
    if (measure.item != kNone) w.text(program.items[measure.item].name);
    w.span(measure.margin).expr(measure.item_where).slot(measure.key).expr(measure.value);
    w.number(std::optional(measure.q)).number(measure.half_life.count());
    w.number(measure.every ? static_cast<int>(*measure.every) : -1).cell(measure.empty);
    write_far(program, measure, w);
  }
}

void write_template(const Program&, const Template& sentence, Writer& w) {
  w.line("because");
  for (const Template::Part& part : sentence.parts) {
    w.text(collapsed(part.text)).expr(part.expr).number(part.decimals).number(part.percent);
  }
}

void write_rules(const Program& program, Writer& w) {
  for (const Rule& rule : program.rules) {
    w.line("rule")
        .text(rule.id)
        .text(rule.title)
        .text(rule.basis)
        .text(rule.group)
        .text(rule.owner);
    w.text(rule.duty).number(static_cast<int>(rule.status)).instant(rule.from).instant(rule.to);
    w.expr(rule.needs).number(rule.step_down).slot(rule.key);
    for (const LevelRule& level : rule.levels) {
      w.line("level").number(level.present).expr(level.enter).expr(level.exit);
      w.span(level.confirm).span(level.hold);
    }
    for (const Exception& exception : rule.exceptions) {
      w.line("except").text(exception.unit).text(collapsed(exception.reason));
      w.text(collapsed(exception.by)).instant(exception.until);
    }
    for (std::size_t i = 0; i < rule.shown_as.size(); ++i) {
      if (rule.shown_as[i] == kNone) continue;
      w.line("show").number(static_cast<std::int64_t>(i));
      w.text(program.shades[rule.shown_as[i]].name);
    }
    write_template(program, rule.because_zh, w);
    write_template(program, rule.because_en, w);
  }
}

void write_label(const LevelLabel& label, Writer& w) {
  w.text(label.label).text(label.meaning).text(label.symbol);
}

// Nothing is written of what a pack does not say.
void write_colours(const Program& program, Writer& w) {
  for (std::size_t i = 0; i < program.labels.size(); ++i) {
    const LevelLabel& label = program.labels[i];
    if (label.label.empty() && label.meaning.empty() && label.symbol.empty()) continue;
    w.line("label").number(static_cast<std::int64_t>(i));
    write_label(label, w);
  }
  for (const Shade& shade : program.shades) {
    w.line("shade").text(shade.name).number(static_cast<int>(shade.base));
    write_label(shade.label, w);
  }
  const Flapping usual, &flapping = program.flapping;
  if (flapping.window == usual.window && flapping.high == usual.high && flapping.low == usual.low)
    return;
  w.line("flapping").number(flapping.window);
  w.number(std::optional(flapping.high)).number(std::optional(flapping.low));
}

void write_duties(const Program& program, Writer& w) {
  for (const Duty& duty : program.duties) {
    w.line("duty").text(duty.name).text(duty.title);
    for (const DutyLevel& level : duty.levels) {
      w.line("on").number(level.triage).span(level.observe).span(level.extension);
      for (const DutyStep& step : level.steps)
        w.line("step").text(step.name).text(step.title).text(step.role).span(step.limit);
    }
    for (const LadderStep& step : duty.ladder)
      w.line("ladder").text(step.name).text(step.title).text(step.role).span(step.after);
  }
  for (const SourceWatch& watch : program.watched)
    w.line("source").text(watch.source).text(watch.title).span(watch.silent_after);
}

void write_time(const Program& program, Writer& w) {
  w.line("zone").text(program.zone.name);
  for (const Zone::Change& change : program.zone.changes) {
    w.number(micros(change.at)).number(change.offset.count());
  }
  w.line("calendar").text(program.calendar.name);
  for (const int year : program.calendar.years) w.number(year);
  for (const auto& [day, working] : program.calendar.listed) {
    w.number(day.time_since_epoch().count()).number(working);
  }
}

}  // namespace

std::string canonical_text(const Program& program) {
  Writer w(program);
  w.line("lianqing").number(kCanonicalVersion);
  w.line("pack").text(program.pack).text(program.title).number(program.max_future.count());
  write_time(program, w);
  for (const Param& param : program.params) {
    w.line("param").text(param.name).text(param.title).cell(param.value).number(param.is_span);
    w.span(param.span).number(param.min).number(param.max);
  }
  write_events(program, w);
  write_measures(program, w);
  write_rules(program, w);
  write_colours(program, w);
  write_duties(program, w);
  w.out += '\n';
  return std::move(w.out);
}

std::string canonical_text(const Program& program, const Expr& expr) {
  Writer w(program);
  w.expr(expr);
  return std::move(w.out);
}

}  // namespace lianqing
