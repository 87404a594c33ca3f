#include "cli/rule_draft.h"

#include <algorithm>

#include "cli/test/moment.h"
#include "connectors/json_writer.h"
#include "rules/duration.h"
#include "rules/identifier.h"

namespace lianqing {
namespace {

// A word as YAML takes it.
std::string word(const std::string& text) {
  constexpr std::string_view kRead[] = {"true", "false", "null", "yes", "no", "on", "off"};
  const bool plain =
      is_identifier(text) && std::find(std::begin(kRead), std::end(kRead), text) == std::end(kRead);
  return plain ? text : json_string(text);
}

std::string in_language(const std::string& text, bool chinese) {
  return std::string(chinese ? "{zh: " : "{en: ") + json_string(text) + "}";
}

std::string measure_of(const RuleDraft& draft) {
  switch (draft.kind) {
    case DraftKind::many: return draft.id + "_count";
    case DraftKind::silent: return draft.id + "_days";
    case DraftKind::low: return draft.id + "_newest";
    case DraftKind::late: return draft.id + "_overdue";
  }
  return {};
}

std::string measures_text(const RuleDraft& draft) {
  const std::string name = "  " + measure_of(draft) + ": ";
  switch (draft.kind) {
    case DraftKind::many:
      return name + "{count: " + word(draft.event) + ", over: " + draft.window + "}\n";
    case DraftKind::silent: return name + "{age: " + word(draft.event) + "}\n";
    case DraftKind::low:
      return name + "{last: " + word(draft.field) + ", of: " + word(draft.event) + "}\n";
    case DraftKind::late: {
      const std::string item = "{overdue: " + word(draft.item.name);
      const std::string late =
          "  " + draft.id + "_late: " + item + ", by: " + draft.id + "_grace}\n";
      return name + item + "}\n" + (draft.grace.empty() ? "" : late);
    }
  }
  return {};
}

// The conditions for yellow and red; no red if it is empty.
struct Conditions {
  std::string yellow, red;
};
Conditions conditions_of(const RuleDraft& draft) {
  if (draft.kind == DraftKind::late)
    return {measure_of(draft) + " >= 1", draft.grace.empty() ? "" : draft.id + "_late >= 1"};
  const std::string turn = measure_of(draft) + (draft.kind == DraftKind::low ? " < " : " >= ");
  return {turn + draft.id + "_yellow", draft.red ? turn + draft.id + "_red" : ""};
}

std::string params_text(const RuleDraft& draft) {
  const auto param = [&](const char* name, const std::string& value, const char* title) {
    return "  " + draft.id + name + ": {value: " + value + ", title: " + title + "}\n";
  };
  if (draft.kind == DraftKind::late) {
    return draft.grace.empty() ? ""
                               : param("_grace", draft.grace, "{zh: 逾期转红宽限, en: Overdue by}");
  }
  return param("_yellow", draft.yellow.to_string(), "{zh: 黄线, en: Yellow line}") +
         (draft.red ? param("_red", draft.red->to_string(), "{zh: 红线, en: Red line}") : "");
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
    case DraftKind::late: return {"逾期 " + value + " 项", value + " overdue"};
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

using Given = std::vector<std::pair<std::string, std::string>>;  // field -> value

// One line of a test's events: the given fields, and samples for the others that are required.
class Scribe {
 public:
  explicit Scribe(std::span<const EventType> types) : types_(types) {}

  std::string event(const std::string& type, const std::string& at, const Given& given = {}) const {
    std::string data;
    const auto add = [&](const std::string& path, const std::string& text) {
      data += (data.empty() ? "" : ", ") + member(path, text);
    };
    for (const auto& [path, value] : given) add(path, value);
    for (const EventType& declared : types_) {
      if (declared.name != type) continue;
      for (const FieldCheck& field : declared.fields) {
        const bool is_given = std::any_of(given.begin(), given.end(),
                                          [&](const auto& one) { return one.first == field.name; });
        if (field.required && !is_given) add(field.name, sample_of(field));
      }
    }
    return "      - {at: " + at + ", type: " + word(type) +
           (data.empty() ? "" : ", data: {" + data + "}") + "}\n";
  }

 private:
  std::span<const EventType> types_;
};

std::string expect_text(const RuleDraft& draft, const std::string& timeline) {
  return "    expect:\n      - {rule: " + word(draft.id) + ", timeline: [" + timeline + "]}\n";
}

std::string name_text(const std::string& zh, const std::string& en) {
  return "  - name: {zh: " + json_string(zh) + ", en: " + json_string(en) + "}\n    events:\n";
}

// `+90m` after the start, and that long after a whole window.
std::string minutes(std::int64_t n, const std::string& after = {}) {
  const std::string out = after + (after.empty() ? "+" : "") + std::to_string(n) + "m";
  return n == 0 && !after.empty() ? after : out;
}

std::string many_tests(const RuleDraft& draft, const Scribe& scribe) {
  const std::int64_t yellow = draft.yellow.num(), red = draft.red ? draft.red->num() : 0;
  const std::string left = "+" + draft.window;
  const auto burst = [&](std::int64_t n) {
    return scribe.event(draft.event, "+0m x" + std::to_string(n) + " every 1m");
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

std::string silent_tests(const RuleDraft& draft, const Scribe& scribe) {
  const auto day = [](Number n) { return "+" + n.to_string() + "d"; };
  const auto test = [&](Number last, const std::string& risen) {
    const std::string again = day(last) + "1h";
    return scribe.event(draft.event, "+0h") + scribe.event(draft.event, again) +
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

std::string low_tests(const RuleDraft& draft, const Scribe& scribe) {
  const auto at = [&](int hour, Number value) {
    return scribe.event(draft.event, "+" + std::to_string(hour) + "h",
                        {{draft.field, value.to_string()}});
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

std::string late_tests(const RuleDraft& draft, const Scribe& scribe) {
  const Obligation& item = draft.item;
  const Given key{{item.key, "i-1"}};
  const auto run = [&](const std::string& closed) {
    const Given opened{{item.key, "i-1"},
                       {item.due, item.due_is_time ? "\"{+10d time}\"" : "\"{+10d}\""}};
    return scribe.event(item.open, "+0h", opened) + scribe.event(item.close, closed, key);
  };
  const std::string yellow =
      item.due_is_time ? "+10d yellow" : "+10d15h yellow";  // end of that day
  std::string out =
      name_text("按时办结不变色", "Done in time is nothing") + run("+9d") + expect_text(draft, "");
  out += name_text("到期变黄，办结即解除", "Yellow when due, clear when done") + run("+10d20h") +
         expect_text(draft, yellow + ", +10d20h green cleared");
  if (!draft.grace.empty()) {
    out += name_text("逾期 " + draft.grace + " 变红", "Red when overdue by " + draft.grace) +
           run("+100d") +
           expect_text(draft, yellow + ", " + draft.red_at + " red, +100d green cleared");
  }
  return out;
}

}  // namespace

std::string rule_text(const RuleDraft& draft, bool chinese) {
  const Conditions conditions = conditions_of(draft);
  const Bilingual because = reason(draft);
  std::string out = "version: 1\n";
  if (const std::string params = params_text(draft); !params.empty()) out += "\nparams:\n" + params;
  if (draft.declares) {
    out += "\nevents:\n  " + word(draft.event) + ":\n    fields:\n      " + word(draft.field) +
           ": {type: decimal, required: true}\n";
  }
  out += "\nmeasures:\n" + measures_text(draft);
  out += "\nrules:\n  " + draft.id + ":\n    title: " + in_language(draft.title, chinese) + "\n";
  if (!draft.basis.empty()) out += "    basis: " + in_language(draft.basis, chinese) + "\n";
  if (!draft.owner.empty()) out += "    owner: " + word(draft.owner) + "\n";
  out += "    yellow: " + json_string(conditions.yellow) + "\n";
  if (!conditions.red.empty()) out += "    red: " + json_string(conditions.red) + "\n";
  return out + "    because: {zh: " + json_string(because.zh) + ", en: " + json_string(because.en) +
         "}\n";
}

std::string test_text(const RuleDraft& draft, std::span<const EventType> types, bool chinese) {
  const Scribe scribe(types);
  std::string out = chinese ? "# 运行：lianqing test 规则包所在文件夹\n"
                            : "# Run: lianqing test FOLDER-OF-THE-PACK\n";
  out += "version: 1\ndefaults: {start: " + std::string(kDraftStart) + ", unit: u1}\ntests:\n";
  switch (draft.kind) {
    case DraftKind::many: return out + many_tests(draft, scribe);
    case DraftKind::silent: return out + silent_tests(draft, scribe);
    case DraftKind::low: return out + low_tests(draft, scribe);
    case DraftKind::late: return out + late_tests(draft, scribe);
  }
  return out;
}

}  // namespace lianqing
