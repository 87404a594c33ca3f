#include "cli/test/compare.h"

#include <algorithm>

#include "cli/test/moment.h"
#include "cli/translation.h"
#include "cli/warning_json.h"
#include "cli/words.h"

namespace lianqing {
namespace {

std::size_t decimals_of(std::string_view number) {
  const std::size_t point = number.find('.');
  return point == std::string_view::npos ? 0 : number.size() - point - 1;
}

// A number written with n decimals is compared at n decimals, unless it is whole.
bool same_value(const Text& expected, const Fact& got) {
  if (!expected.present || (!expected.quoted && expected.text.empty()) ||
      (!expected.quoted && (expected.text == "null" || expected.text == "~")))
    return std::holds_alternative<std::monostate>(got);
  if (const auto* flag = std::get_if<bool>(&got))
    return expected.text == (*flag ? "true" : "false");
  if (const auto* text = std::get_if<std::string>(&got)) return expected.text == *text;
  const auto* number = std::get_if<Number>(&got);
  const auto wanted = Number::parse(expected.text);
  if (number == nullptr || !wanted) return false;
  const std::size_t decimals = decimals_of(expected.text);
  if (decimals == 0 || decimals > 6) return *number == *wanted;
  return number->round(static_cast<int>(decimals)) == *wanted;
}

std::string ending(bool revoked) { return revoked ? "revoked" : "cleared"; }

std::string late_text(const std::optional<Duration>& late) {
  return late ? from_start(Instant{*late}, Instant{}).substr(1) : "-";
}

void add(std::vector<Bilingual>& out, const std::string& what, const std::string& expected,
         const std::string& got) {
  out.push_back({what + "：预期 " + expected + "，实为 " + got,
                 what + ": expected " + expected + ", got " + got});
}

std::vector<Bilingual> differences(const ExpectedChange& expected, const Warning& got) {
  std::vector<Bilingual> out;
  if (expected.to != got.to) out.push_back({"级别不同", "another level"});
  const bool fell = got.to < got.from;
  if (expected.revoked && (!fell || got.revoked != *expected.revoked))
    add(out, "ended", ending(*expected.revoked), fell ? ending(got.revoked) : "-");
  if (expected.cause && *expected.cause != got.cause)
    add(out, "cause", std::string(cause_name(*expected.cause)), std::string(cause_name(got.cause)));
  if (expected.late_by && expected.late_by != got.late_by)
    add(out, "late_by", late_text(expected.late_by), late_text(got.late_by));
  for (const auto& [name, value] : expected.values) {
    const auto at =
        std::find_if(got.values.begin(), got.values.end(),
                     [&name = name](const NamedFact& fact) { return fact.name == name; });
    const Fact fact = at == got.values.end() ? Fact{} : at->value;
    if (!same_value(value, fact))
      add(out, name, value.text.empty() ? "null" : value.text, fact_text(fact));
  }
  // A single text stands for either language.
  const Bilingual& because = expected.because;
  const bool either = because.zh == because.en;
  const bool zh = because.zh.empty() || because.zh == got.because.zh;
  const bool en = because.en.empty() || because.en == got.because.en;
  if (either ? !(zh || en) : !(zh && en)) {
    const bool show_zh = either ? !got.because.zh.empty() : !zh;
    add(out, "because", "“" + (show_zh ? because.zh : because.en) + "”",
        "“" + (show_zh ? got.because.zh : got.because.en) + "”");
  }
  if (expected.duty.present && expected.duty.text != got.duty)
    add(out, "duty", expected.duty.text, got.duty.empty() ? "-" : got.duty);
  return out;
}

class Comparison {
 public:
  Comparison(const Test& test, const Course& course, const Program& program)
      : test_(test), course_(course), program_(program) {}

  std::vector<Mismatch> run() {
    compare_events();
    if (!course_.trouble.empty()) {
      Mismatch& out = found_.emplace_back();
      out.at = test_.at;
      out.what = {"结果不完整：" + course_.trouble.in(true),
                  "the result is not complete: " + course_.trouble.in(false)};
      return std::move(found_);
    }
    for (const Expectation& expected : test_.expectations) {
      switch (expected.kind) {
        case ExpectationKind::timeline: compare_timeline(expected); break;
        case ExpectationKind::level: compare_level(expected); break;
        case ExpectationKind::grey: compare_grey(expected); break;
        case ExpectationKind::below: compare_below(expected); break;
        case ExpectationKind::colour: compare_colour(expected); break;
      }
    }
    return std::move(found_);
  }

 private:
  void compare_events() {
    for (std::size_t i = 0; i < test_.events.size(); ++i) {
      const ScriptedEvent& event = test_.events[i];
      const auto refused = std::find_if(course_.refused.begin(), course_.refused.end(),
                                        [&](const RefusedEvent& one) { return one.index == i; });
      const std::string code = refused == course_.refused.end() ? "" : refused->code;
      if (code == event.quarantined) continue;
      Mismatch& out = found_.emplace_back();
      out.at = event.at;
      const std::string name = "“" + event.id + "”", named = "event '" + event.id + "' ";
      if (code.empty()) {
        out.what = {"事件" + name + "没有被隔离（预期 " + event.quarantined + "）",
                    named + "was admitted; expected: quarantined as " + event.quarantined};
      } else {
        out.what = {"事件" + name + "被隔离：" + code + "：" + in_chinese(refused->detail),
                    named + "was quarantined: " + code + ": " + refused->detail};
      }
    }
  }

  bool concerns(const Expectation& expected, const std::string& unit, const std::string& rule,
                const std::optional<std::string>& key) const {
    return unit == expected.unit && rule == expected.rule && (!expected.key || key == expected.key);
  }

  std::vector<const Warning*> changes_of(const Expectation& expected) const {
    std::vector<const Warning*> out;
    for (const Warning& change : course_.changes) {
      if (concerns(expected, change.unit, change.rule, change.key)) out.push_back(&change);
    }
    return out;
  }

  std::string subject(const Expectation& expected) const {
    std::string out = expected.rule;
    if (expected.key) out += "[" + *expected.key + "]";
    return out.empty() ? expected.unit : expected.unit + "  " + out;
  }

  std::string when(Instant t) const {
    return local_text(program_, t) + " (" + from_start(t, test_.start) + ")";
  }

  // Where the rule can have no level at all.
  Bilingual hint(const Expectation& expected) const {
    for (const Rule& rule : program_.rules) {
      if (rule.id != expected.rule) continue;
      if (rule.status == RuleStatus::draft || rule.status == RuleStatus::retired)
        return {"（规则是草稿或已停用，不评判）",
                " (the rule is a draft or retired: it is not judged)"};
    }
    return {};
  }

  void add(const Expectation& expected, Bilingual what, std::vector<TimelineRow> rows = {},
           bool compared = false) {
    const Bilingual more = hint(expected);
    found_.push_back({expected.at,
                      {subject(expected) + "：" + what.zh + more.zh,
                       subject(expected) + ": " + what.en + more.en},
                      std::move(rows),
                      compared});
  }

  std::vector<TimelineRow> rows_of(const std::vector<const Warning*>& got) const {
    std::vector<TimelineRow> rows;
    for (const Warning* change : got) rows.push_back({nullptr, change, {}});
    return rows;
  }

  void compare_timeline(const Expectation& expected) {
    const auto got = changes_of(expected);
    std::vector<TimelineRow> rows;
    auto next = got.begin();
    for (const ExpectedChange& change : expected.changes) {
      for (; next != got.end() && (*next)->time < change.time; ++next)
        rows.push_back({nullptr, *next, {}});
      TimelineRow row{&change, nullptr, {}};
      if (next != got.end() && (*next)->time == change.time) {
        row.got = *next++;
        row.differences = differences(change, *row.got);
      }
      rows.push_back(std::move(row));
    }
    for (; next != got.end(); ++next) rows.push_back({nullptr, *next, {}});
    if (std::all_of(rows.begin(), rows.end(), [](const TimelineRow& r) { return r.agrees(); }))
      return;
    add(expected, {"时间线不同", "the timelines differ"}, std::move(rows), true);
  }

  void compare_level(const Expectation& expected) {
    const Instant t = expected.time.value_or(course_.end);
    Level level = Level::green;
    const auto got = changes_of(expected);
    for (const Warning* change : got) {
      if (change->time <= t) level = change->to;
    }
    if (level == expected.level) return;
    add(expected,
        {when(t) + " 预期" + std::string(level_word(expected.level, true)) + "，实为" +
             std::string(level_word(level, true)),
         "expected " + std::string(name(expected.level)) + " at " + when(t) + ", got " +
             std::string(name(level))},
        rows_of(got));
  }

  void compare_grey(const Expectation& expected) {
    const Instant t = expected.time.value_or(course_.end);
    bool grey = false;
    for (const GreyChange& change : course_.greys) {
      if (concerns(expected, change.unit, change.rule, change.key) && change.time <= t)
        grey = change.is_grey;
    }
    if (grey == expected.grey) return;
    add(expected,
        grey ? Bilingual{when(t) + " 没有数据（灰），预期有", "has no data (grey) at " + when(t)}
             : Bilingual{when(t) + " 有数据，预期为灰",
                         "expected grey at " + when(t) + ", but it has data"});
  }

  void compare_below(const Expectation& expected) {
    const auto got = changes_of(expected);
    const auto over = std::find_if(got.begin(), got.end(), [&](const Warning* change) {
      return change->to >= expected.level;
    });
    if (over == got.end()) return;
    add(expected,
        {when((*over)->time) + " 到了" + std::string(level_word((*over)->to, true)) + "，预期不到" +
             std::string(level_word(expected.level, true)),
         "reached " + std::string(name((*over)->to)) + " at " + when((*over)->time) +
             ", expected to stay below " + std::string(name(expected.level))},
        rows_of(got));
  }

  void compare_colour(const Expectation& expected) {
    const Instant t = expected.time.value_or(course_.end);
    UnitColour colour;
    for (const ColourChange& change : course_.colours) {
      if (change.unit == expected.unit && change.time <= t) colour = change.to;
    }
    const bool same = expected.grey            ? colour.grey
                      : expected.shade.empty() ? colour.shown == expected.level
                                               : colour.shown_shade == expected.shade;
    if (same) return;
    const auto word = [](Level level, const std::string& shade, bool grey, bool chinese) {
      if (!shade.empty()) return shade;
      std::string out(level_word(level, chinese));
      return grey ? out + (chinese ? "（灰）" : " (grey)") : out;
    };
    const auto wanted = [&](bool zh) {
      return expected.grey ? std::string(zh ? "灰" : "grey")
                           : word(expected.level, expected.shade, false, zh);
    };
    const auto shown = [&](bool zh) {
      return word(colour.shown, colour.shown_shade, colour.grey, zh);
    };
    add(expected, {when(t) + " 单位颜色预期" + wanted(true) + "，实为" + shown(true),
                   "the unit's colour at " + when(t) + ": expected " + wanted(false) + ", got " +
                       shown(false)});
  }

  const Test& test_;
  const Course& course_;
  const Program& program_;
  std::vector<Mismatch> found_;
};

}  // namespace

std::string fact_text(const Fact& fact) {
  if (const auto* flag = std::get_if<bool>(&fact)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<Number>(&fact)) return number->round(6).to_string();
  if (const auto* text = std::get_if<std::string>(&fact)) return *text;
  return "null";
}

std::vector<Mismatch> compare(const Test& test, const Course& course, const Program& program) {
  return Comparison(test, course, program).run();
}

}  // namespace lianqing
