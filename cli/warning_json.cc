#include "cli/warning_json.h"

#include <algorithm>
#include <charconv>

#include "cli/calendar_words.h"
#include "cli/json_parts.h"
#include "cli/words.h"
#include "connectors/line_text.h"

namespace lianqing {
namespace {

using JsonLine = JsonWriterOn<LineText>;

void put(JsonLine& out, const WhyNode& node) {
  out.begin_object();
  if (!node.is_leaf()) {
    out.key("op").string(node.op).key("verdict").boolean(node.verdict).key("all").begin_array();
    for (const WhyNode& child : node.all) put(out, child);
    out.end_array().end_object();
    return;
  }
  out.key("leaf").string(node.text).key("verdict").boolean(node.verdict);
  out.key("operand").string(node.operand).key("value");
  put(out, node.value);
  out.key("operator").string(node.op);
  if (node.op != "is") {
    out.key("limit");
    put(out, node.limit_value);
    out.key("limit_name").string(node.limit);
  }
  out.key("margin");
  if (node.margin) {
    put(out, *node.margin);
  } else {
    out.null();
  }
  out.end_object();
}

void put(JsonLine& out, std::optional<Instant> t) {
  if (t) {
    out.plain_string(TimeText(*t).view());
  } else {
    out.null();
  }
}

template <class Text>
void append_place(Text& out, const Program& program, const SourceSpan& at) {
  if (at.line == 0 || at.file >= program.sources.size()) return;
  char digits[24];
  out += program.sources[at.file].name;
  for (const std::uint32_t number : {at.line, at.column}) {
    out += ':';
    out += std::string_view(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  }
}

void put(JsonLine& out, const Clause& clause, const Program& program) {
  out.begin_object().key("clause").plain_string(clause.name);
  out.key("verdict").boolean(clause.verdict).key("since");
  put(out, clause.since);
  if (!clause.length.empty()) {
    out.key(clause.name.ends_with("enter") ? "for" : "hold").plain_string(clause.length);
  }
  if (clause.null_operand) out.key("null_operand").boolean(true);
  out.key("at").string_from([&](LineText& text) { append_place(text, program, clause.at); });
  out.key("tree");
  put(out, clause.why);
  out.end_object();
}

void put(JsonLine& out, const Evidence& evidence) {
  out.begin_object().key("total").unsigned_integer(evidence.total).key("events").begin_array();
  for (std::size_t i = 0; i < evidence.events.size(); ++i) out.string(evidence.events[i]);
  out.end_array().key("windows").begin_array();
  for (const EvidenceWindow& window : evidence.windows) {
    out.begin_object().key("measure").string(window.measure).key("from");
    put(out, window.from);
    out.key("to").plain_string(TimeText(window.to).view());
    out.key("events").unsigned_integer(window.events).end_object();
  }
  out.end_array().end_object();
}

template <class Text>
void append_local(Text& out, const Program& program, Instant t) {
  const TimeText wall(Instant{program.zone.local(t).time_since_epoch()});
  std::string_view text = wall.view();
  text.remove_suffix(1);
  if (text.ends_with(":00")) text = text.substr(0, 16);
  out += text.substr(0, 10);
  out += ' ';
  out += text.substr(11);
}

template <class Text>
void append_sentence(Text& out, const Outlook& outlook, const Bilingual& title,
                     const Program& program, bool chinese) {
  const std::string_view to = level_word(outlook.to, chinese);
  switch (outlook.kind) {
    case Outlook::Kind::steady:
      out += chinese ? "如无新情况，级别不会自行变化"
                     : "nothing changes by itself if nothing new comes";
      return;
    case Outlook::Kind::by_itself:
      out += chinese ? "如无新情况，" : to;
      if (!chinese) out += " on ";
      append_local(out, program, *outlook.at);
      out += chinese ? " 转" : " if nothing new comes";
      if (chinese) out += to;
      return;
    case Outlook::Kind::by_more: break;
  }
  const auto named = [&] {
    if (title.empty()) {
      out += outlook.measure;
      return;
    }
    out += "“";
    out += title.in(chinese);
    out += "”";
  };
  if (chinese) {
    if (outlook.at) {
      append_local(out, program, *outlook.at);
      out += " 之前 ";
    }
    named();
    out += " 再增加 ";
    out += outlook.need.to_string();
    out += "，即转";
    out += to;
    return;
  }
  out += outlook.need.to_string();
  out += " more on ";
  named();
  if (outlook.at) {
    out += " before ";
    append_local(out, program, *outlook.at);
  }
  out += " = ";
  out += to;
}

const Bilingual& title_of(const Program& program, std::string_view measure) {
  static const Bilingual kNoTitle;
  if (measure.empty()) return kNoTitle;
  const auto at = std::find_if(program.measures.begin(), program.measures.end(),
                               [&](const Measure& one) { return one.name == measure; });
  return at == program.measures.end() ? kNoTitle : at->title;
}

void put(JsonLine& out, const Outlook& outlook, const Program& program) {
  static constexpr std::string_view kKinds[] = {"by_itself", "steady", "by_more"};
  const bool by_more = outlook.kind == Outlook::Kind::by_more;
  out.begin_object();
  out.key("kind").plain_string(kKinds[static_cast<std::size_t>(outlook.kind)]);
  if (outlook.kind != Outlook::Kind::steady) {
    out.key("to").plain_string(name(outlook.to)).key("at");
    put(out, outlook.at);
  }
  if (by_more) {
    out.key("measure").string(outlook.measure).key("need");
    put(out, outlook.need);
    out.key("limit").string(outlook.limit);
  }
  const Bilingual& title = title_of(program, by_more ? outlook.measure : std::string_view());
  out.key("text").begin_object();
  const auto text = [&](bool chinese) {
    return [&, chinese](LineText& to) { append_sentence(to, outlook, title, program, chinese); };
  };
  out.key("zh").string_from(text(true)).key("en").string_from(text(false));
  out.end_object().end_object();
}

void put_values(JsonLine& out, const Warning& warning) {
  out.key("values").begin_object();
  for (const NamedFact& value : warning.values) {
    out.key(value.name);
    put(out, value.value);
  }
  out.end_object();
}

void put_change(JsonLine& out, const Warning& warning) {
  out.key("from").plain_string(name(warning.from)).key("to").plain_string(name(warning.to));
  out.key("cause").plain_string(cause_name(warning.cause));
  if (warning.to < warning.from) {
    out.key("ended").plain_string(warning.revoked ? "revoked" : "cleared");
  }
  if (warning.shadow) out.key("shadow").boolean(true);
}

void put_time(JsonLine& out, const Warning& warning) {
  out.key("time").plain_string(TimeText(warning.time).view());
  out.key("seq").unsigned_integer(warning.seq);
}

}  // namespace

std::string local_text(const Program& program, Instant t) {
  std::string out;
  append_local(out, program, t);
  return out;
}

std::string place(const Program& program, const SourceSpan& at) {
  std::string out;
  append_place(out, program, at);
  return out;
}

Bilingual measure_title(const Program& program, std::string_view measure) {
  return title_of(program, measure);
}

Bilingual sentence(const Outlook& outlook, const Program& program) {
  Bilingual out;
  const Bilingual& title = title_of(program, outlook.measure);
  append_sentence(out.zh, outlook, title, program, true);
  append_sentence(out.en, outlook, title, program, false);
  return out;
}

void append_json(std::string& text, const Warning& warning, const Program& program) {
  LineText line;
  JsonLine out(line);
  out.begin_object().key("id").string(warning.id).key("unit").string(warning.unit);
  out.key("rule").string(warning.rule).key("title");
  put(out, warning.title);
  out.key("key");
  if (warning.key) {
    out.string(*warning.key);
  } else {
    out.null();
  }
  put_change(out, warning);
  if (warning.grey) out.key("grey").boolean(true);
  if (warning.missing_year != 0) {
    out.key("unknown");
    put(out, missing_year_words(warning.missing_year));
  }
  put_time(out, warning);
  out.key("late_by");
  if (warning.late_by) {
    put(out, Number::from_micros(warning.late_by->count()));
  } else {
    out.null();
  }
  out.key("rules").plain_string(warning.rules);
  put_values(out, warning);
  out.key("why").begin_array();
  for (const Clause& clause : warning.why) put(out, clause, program);
  out.end_array().key("evidence");
  put(out, warning.evidence);
  out.key("because");
  put(out, warning.because);
  out.key("next").begin_array();
  for (const Outlook& outlook : warning.next) put(out, outlook, program);
  out.end_array().key("duty");
  if (warning.duty.empty()) {
    out.null();
  } else {
    out.string(warning.duty);
  }
  out.end_object();
  text += line.view();
}

std::string to_json(const Warning& warning, const Program& program) {
  std::string out;
  append_json(out, warning, program);
  return out;
}

}  // namespace lianqing
