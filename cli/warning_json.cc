#include "cli/warning_json.h"

#include <algorithm>

#include "cli/calendar_words.h"
#include "cli/json_parts.h"
#include "cli/words.h"

namespace lianqing {
namespace {

void put(JsonWriter& out, const WhyNode& node) {
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
    out.raw(node.margin->to_string());
  } else {
    out.null();
  }
  out.end_object();
}

void put(JsonWriter& out, const Clause& clause, const Program& program) {
  out.begin_object().key("clause").string(clause.name).key("verdict").boolean(clause.verdict);
  out.key("since");
  if (clause.since) {
    out.string(format_rfc3339(*clause.since));
  } else {
    out.null();
  }
  if (!clause.length.empty()) {
    out.key(clause.name.ends_with("enter") ? "for" : "hold").string(clause.length);
  }
  if (clause.null_operand) out.key("null_operand").boolean(true);
  out.key("at").string(place(program, clause.at)).key("tree");
  put(out, clause.why);
  out.end_object();
}

void put(JsonWriter& out, const Evidence& evidence) {
  out.begin_object().key("total").unsigned_integer(evidence.total).key("events").begin_array();
  for (const std::string& id : evidence.events) out.string(id);
  out.end_array().key("windows").begin_array();
  for (const EvidenceWindow& window : evidence.windows) {
    out.begin_object().key("measure").string(window.measure).key("from");
    if (window.from) {
      out.string(format_rfc3339(*window.from));
    } else {
      out.null();
    }
    out.key("to").string(format_rfc3339(window.to)).key("events").unsigned_integer(window.events);
    out.end_object();
  }
  out.end_array().end_object();
}

void put(JsonWriter& out, const Outlook& outlook, const Program& program) {
  static constexpr std::string_view kKinds[] = {"by_itself", "steady", "by_more"};
  out.begin_object().key("kind").string(kKinds[static_cast<std::size_t>(outlook.kind)]);
  if (outlook.kind != Outlook::Kind::steady) {
    out.key("to").string(name(outlook.to)).key("at");
    if (outlook.at) {
      out.string(format_rfc3339(*outlook.at));
    } else {
      out.null();
    }
  }
  if (outlook.kind == Outlook::Kind::by_more) {
    out.key("measure").string(outlook.measure).key("need").raw(outlook.need.to_string());
    out.key("limit").string(outlook.limit);
  }
  out.key("text");
  put(out, sentence(outlook, program));
  out.end_object();
}

}  // namespace

std::string local_text(const Program& program, Instant t) {
  const Instant wall{program.zone.local(t).time_since_epoch()};
  std::string out = format_rfc3339(wall);
  out[10] = ' ';
  out.pop_back();
  return out.ends_with(":00") ? out.substr(0, 16) : out;
}

std::string place(const Program& program, const SourceSpan& at) {
  if (at.line == 0 || at.file >= program.sources.size()) return {};
  return program.sources[at.file].name + ":" + std::to_string(at.line) + ":" +
         std::to_string(at.column);
}

Bilingual measure_title(const Program& program, std::string_view measure) {
  const auto at = std::find_if(program.measures.begin(), program.measures.end(),
                               [&](const Measure& one) { return one.name == measure; });
  return at == program.measures.end() ? Bilingual{} : at->title;
}

Bilingual sentence(const Outlook& outlook, const Program& program) {
  Bilingual out;
  switch (outlook.kind) {
    case Outlook::Kind::steady:
      return {"如无新情况，级别不会自行变化", "nothing changes by itself if nothing new comes"};
    case Outlook::Kind::by_itself: {
      const std::string at = local_text(program, *outlook.at);
      return {"如无新情况，" + at + " 转" + std::string(level_word(outlook.to, true)),
              std::string(name(outlook.to)) + " on " + at + " if nothing new comes"};
    }
    case Outlook::Kind::by_more: {
      const std::string need = outlook.need.to_string();
      const Bilingual measure = measure_title(program, outlook.measure);
      const auto named = [&](bool chinese) {
        return measure.empty() ? outlook.measure : "“" + measure.in(chinese) + "”";
      };
      out.zh = named(true) + " 再增加 " + need;
      out.en = need + " more on " + named(false);
      if (outlook.at) {
        const std::string at = local_text(program, *outlook.at);
        out.zh = at + " 之前 " + out.zh;
        out.en += " before " + at;
      }
      out.zh += "，即转" + std::string(level_word(outlook.to, true));
      out.en += " = " + std::string(name(outlook.to));
      return out;
    }
  }
  return out;
}

std::string to_json(const Warning& warning, const Program& program) {
  std::string text;
  text.reserve(1536);
  JsonWriter out(text);
  out.begin_object().key("id").string(warning.id).key("unit").string(warning.unit);
  out.key("rule").string(warning.rule).key("title");
  put(out, warning.title);
  out.key("key");
  if (warning.key) {
    out.string(*warning.key);
  } else {
    out.null();
  }
  out.key("from").string(name(warning.from)).key("to").string(name(warning.to));
  out.key("cause").string(cause_name(warning.cause));
  if (warning.to < warning.from) out.key("ended").string(warning.revoked ? "revoked" : "cleared");
  if (warning.shadow) out.key("shadow").boolean(true);
  if (warning.grey) out.key("grey").boolean(true);
  if (warning.missing_year != 0) {
    out.key("unknown");
    put(out, missing_year_words(warning.missing_year));
  }
  out.key("time").string(format_rfc3339(warning.time)).key("seq").unsigned_integer(warning.seq);
  out.key("late_by");
  if (warning.late_by) {
    out.raw(Number::from_micros(warning.late_by->count()).to_string());
  } else {
    out.null();
  }
  out.key("rules").string(warning.rules).key("values").begin_object();
  for (const NamedFact& value : warning.values) {
    out.key(value.name);
    put(out, value.value);
  }
  out.end_object().key("why").begin_array();
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
  return text;
}

std::string to_brief_json(const Warning& warning) {
  std::string text;
  text.reserve(256);
  JsonWriter out(text);
  out.begin_object().key("id").string(warning.id).key("unit").string(warning.unit);
  out.key("rule").string(warning.rule);
  if (warning.key) out.key("key").string(*warning.key);
  out.key("from").string(name(warning.from)).key("to").string(name(warning.to));
  out.key("cause").string(cause_name(warning.cause));
  if (warning.to < warning.from) out.key("ended").string(warning.revoked ? "revoked" : "cleared");
  if (warning.shadow) out.key("shadow").boolean(true);
  out.key("time").string(format_rfc3339(warning.time)).key("seq").unsigned_integer(warning.seq);
  out.key("values").begin_object();
  for (const NamedFact& value : warning.values) {
    out.key(value.name);
    put(out, value.value);
  }
  out.end_object().end_object();
  return text;
}

}  // namespace lianqing
