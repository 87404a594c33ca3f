#include "cli/rule_draft.h"

#include <algorithm>

#include "cli/test/moment.h"
#include "connectors/json_writer.h"
#include "rules/duration.h"
#include "rules/identifier.h"

namespace lianqing {
namespace {

constexpr std::string_view kStart = "2026-03-02T09:00";

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// A word as YAML takes it.
std::string word(const std::string& text) {
  constexpr std::string_view kRead[] = {"true", "false", "null", "yes", "no", "on", "off"};
  const bool plain =
      is_identifier(text) && std::find(std::begin(kRead), std::end(kRead), text) == std::end(kRead);
  return plain ? text : quoted(text);
}

std::string in_language(const std::string& text, bool chinese) {
  return std::string(chinese ? "{zh: " : "{en: ") + quoted(text) + "}";
}

std::string measure_of(const RuleDraft& draft) {
  switch (draft.kind) {
    case DraftKind::many: return draft.id + "_count";
    case DraftKind::silent: return draft.id + "_days";
    case DraftKind::low: return draft.id + "_newest";
  }
  return {};
}

std::string measure_text(const RuleDraft& draft) {
  switch (draft.kind) {
    case DraftKind::many: return "{count: " + word(draft.event) + ", over: " + draft.window + "}";
    case DraftKind::silent: return "{age: " + word(draft.event) + "}";
    case DraftKind::low: return "{last: " + word(draft.field) + ", of: " + word(draft.event) + "}";
  }
  return {};
}

Bilingual reason(const RuleDraft& draft) {
  const std::string value = "{" + measure_of(draft) + "}";
  switch (draft.kind) {
    case DraftKind::many: {
      const auto window = parse_span(draft.window);
      const std::string days_of = std::to_string(window ? window->amount / days(1).count() : 0);
      return {"近" + days_of + "天 " + value + " 件", value + " in " + days_of + " days"};
    }
    case DraftKind::silent: return {"已 " + value + " 天没有", "none for " + value + " days"};
    case DraftKind::low: return {"最近一次 " + value, "newest: " + value};
  }
  return {};
}

// One unit of the last decimal of the number.
Number step_of(Number number) {
  Number step(1);
  for (int i = 0; i < 6 && !(number / step).is_integer(); ++i) step = step / Number(10);
  return step;
}

std::string sample_of(const FieldCheck& field) {
  switch (field.type) {
    case FieldType::integer:
    case FieldType::decimal: return field.min ? field.min->to_string() : "1";
    case FieldType::boolean: return "true";
    case FieldType::code: return field.codes.empty() ? "x" : word(field.codes.front());
    case FieldType::date: return "\"{+30d}\"";
    case FieldType::time: return "\"{+0h time}\"";
    case FieldType::list: return "[]";
    case FieldType::text:
    case FieldType::dynamic: break;
  }
  return "\"{id}\"";
}

// `a.b` is a field within a.
std::string member(const std::string& path, const std::string& value) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return word(path) + ": " + value;
  return word(path.substr(0, dot)) + ": {" + member(path.substr(dot + 1), value) + "}";
}

std::string event_text(const RuleDraft& draft, const EventType* declared, const std::string& at,
                       const std::string& value = {}) {
  std::string data;
  const auto add = [&](const std::string& path, const std::string& text) {
    data += (data.empty() ? "" : ", ") + member(path, text);
  };
  if (!value.empty()) add(draft.field, value);
  if (declared != nullptr) {
    for (const FieldCheck& field : declared->fields) {
      if (field.required && field.name != draft.field) add(field.name, sample_of(field));
    }
  }
  return "      - {at: " + at + ", type: " + word(draft.event) +
         (data.empty() ? "" : ", data: {" + data + "}") + "}\n";
}

std::string expect_text(const RuleDraft& draft, const std::string& timeline) {
  return "    expect:\n      - {rule: " + word(draft.id) + ", timeline: [" + timeline + "]}\n";
}

std::string name_text(const std::string& zh, const std::string& en) {
  return "  - name: {zh: " + quoted(zh) + ", en: " + quoted(en) + "}\n    events:\n";
}

// `+90m` after the start, and that long after a whole window.
std::string minutes(std::int64_t n, const std::string& after = {}) {
  const std::string out = after + (after.empty() ? "+" : "") + std::to_string(n) + "m";
  return n == 0 && !after.empty() ? after : out;
}

std::string many_tests(const RuleDraft& draft, const EventType* declared) {
  const std::int64_t yellow = draft.yellow.num(), red = draft.red ? draft.red->num() : 0;
  const std::string left = "+" + draft.window;
  const auto burst = [&](std::int64_t n) {
    return event_text(draft, declared, "+0m x" + std::to_string(n) + " every 1m");
  };
  const std::string y = std::to_string(yellow), r = std::to_string(red);
  std::string out;
  if (yellow > 1) {
    const std::string less = std::to_string(yellow - 1);
    out += name_text(less + " 件不变色", less + " change nothing") + burst(yellow - 1) +
           expect_text(draft, "");
  }
  out += name_text(y + " 件变黄，满 " + draft.window + " 解除",
                   y + " turn yellow, and clear after " + draft.window) +
         burst(yellow) +
         expect_text(draft, minutes(yellow - 1) + " yellow, " + left + " green cleared");
  if (draft.red) {
    out += name_text(r + " 件变红", r + " turn red") + burst(red) +
           expect_text(draft, minutes(yellow - 1) + " yellow, " + minutes(red - 1) + " red, " +
                                  left + " yellow cleared, " + minutes(red - yellow, left) +
                                  " green cleared");
  }
  return out;
}

std::string silent_tests(const RuleDraft& draft, const EventType* declared) {
  const auto day = [](Number n) { return "+" + n.to_string() + "d"; };
  const auto test = [&](Number last, const std::string& risen) {
    const std::string again = day(last) + "1h";
    return event_text(draft, declared, "+0h") + event_text(draft, declared, again) +
           expect_text(draft, risen + ", " + again + " green cleared");
  };
  const std::string yellow = day(draft.yellow) + " yellow";
  std::string out = name_text("到期没有就变黄，报来即解除",
                              "Yellow when nothing comes in time, clear when it comes") +
                    test(draft.yellow, yellow);
  if (draft.red) {
    out += name_text("仍然没有就变红", "Red when still nothing comes") +
           test(*draft.red, yellow + ", " + day(*draft.red) + " red");
  }
  return out;
}

std::string low_tests(const RuleDraft& draft, const EventType* declared) {
  const auto at = [&](int hour, Number value) {
    return event_text(draft, declared, "+" + std::to_string(hour) + "h", value.to_string());
  };
  const Number yellow = draft.yellow, below = yellow - step_of(yellow);
  std::string out = name_text("低于黄线变黄，回到黄线解除", "Yellow below the line, clear at it") +
                    at(0, yellow) + at(1, below) + at(2, yellow) +
                    expect_text(draft, "+1h yellow, +2h green cleared");
  if (draft.red) {
    out += name_text("低于红线变红", "Red below the red line") + at(0, *draft.red) +
           at(1, *draft.red - step_of(*draft.red)) + at(2, *draft.red) + at(3, yellow) +
           expect_text(draft, "+0h yellow, +1h red, +2h yellow cleared, +3h green cleared");
  }
  return out;
}

}  // namespace

std::string rule_text(const RuleDraft& draft, bool chinese) {
  const std::string measure = measure_of(draft);
  const std::string turn = draft.kind == DraftKind::low ? " < " : " >= ";
  const Bilingual because = reason(draft);
  std::string out = "version: 1\n\nparams:\n  " + draft.id +
                    "_yellow: {value: " + draft.yellow.to_string() +
                    ", title: {zh: 黄线, en: Yellow line}}\n";
  if (draft.red) {
    out += "  " + draft.id + "_red: {value: " + draft.red->to_string() +
           ", title: {zh: 红线, en: Red line}}\n";
  }
  if (draft.declares) {
    out += "\nevents:\n  " + word(draft.event) + ":\n    fields:\n      " + word(draft.field) +
           ": {type: decimal, required: true}\n";
  }
  out += "\nmeasures:\n  " + measure + ": " + measure_text(draft) + "\n";
  out += "\nrules:\n  " + draft.id + ":\n    title: " + in_language(draft.title, chinese) + "\n";
  if (!draft.basis.empty()) out += "    basis: " + in_language(draft.basis, chinese) + "\n";
  if (!draft.owner.empty()) out += "    owner: " + word(draft.owner) + "\n";
  out += "    yellow: " + quoted(measure + turn + draft.id + "_yellow") + "\n";
  if (draft.red) out += "    red: " + quoted(measure + turn + draft.id + "_red") + "\n";
  return out + "    because: {zh: " + quoted(because.zh) + ", en: " + quoted(because.en) + "}\n";
}

std::string test_text(const RuleDraft& draft, const EventType* declared, bool chinese) {
  std::string out = chinese ? "# 运行：lianqing test 规则包所在文件夹\n"
                            : "# Run: lianqing test FOLDER-OF-THE-PACK\n";
  out += "version: 1\ndefaults: {start: " + std::string(kStart) + ", unit: u1}\ntests:\n";
  switch (draft.kind) {
    case DraftKind::many: return out + many_tests(draft, declared);
    case DraftKind::silent: return out + silent_tests(draft, declared);
    case DraftKind::low: return out + low_tests(draft, declared);
  }
  return out;
}

}  // namespace lianqing
