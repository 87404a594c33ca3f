#include "cli/test/script.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "cli/test/moment.h"
#include "cli/units_file.h"
#include "cli/words.h"
#include "connectors/json_writer.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

using LevelWord = std::pair<std::string_view, Level>;
constexpr LevelWord kLevelWords[] = {
    {"green", Level::green}, {"yellow", Level::yellow}, {"red", Level::red},
    {"绿", Level::green},    {"黄", Level::yellow},     {"红", Level::red},
};
constexpr std::pair<std::string_view, bool> kEndings[] = {{"cleared", false}, {"revoked", true}};
constexpr std::pair<std::string_view, ClockMode> kModes[] = {
    {"as-recorded", ClockMode::as_recorded}, {"as-occurred", ClockMode::as_occurred}};
constexpr std::array kCauses = {
    std::pair{cause_name(Cause::timer), Cause::timer},
    std::pair{cause_name(Cause::event), Cause::event},
    std::pair{cause_name(Cause::activation), Cause::activation},
    std::pair{cause_name(Cause::correction), Cause::correction},
    std::pair{cause_name(Cause::retraction), Cause::retraction},
    std::pair{cause_name(Cause::decision), Cause::decision},
};
constexpr std::size_t kMostRepeats = 10'000;
const Bilingual kLevelName{"级别", "level"};

template <class Table>
auto value_of(std::string_view word, const Table& table)
    -> std::optional<std::remove_cvref_t<decltype(std::begin(table)->second)>> {
  for (const auto& [name, value] : table) {
    if (word == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// What the words from the first to the last cover in the text.
std::string_view joined(std::span<const std::string_view> words) {
  if (words.empty()) return {};
  return {words.front().data(), static_cast<std::size_t>(words.back().data() + words.back().size() -
                                                         words.front().data())};
}

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  const bool padded = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
  return digit && !padded && !text.ends_with('.') && Number::parse(text).has_value();
}

class FileReader {
 public:
  FileReader(const SourceText& source, std::uint32_t file, const Program& program, Diagnostics& out)
      : source_(source), file_(file), program_(program), out_(out) {}

  std::vector<Test> read() {
    const auto root = parse_document(source_, file_, out_);
    if (!root) return {};
    const SourceSpan whole{file_, 0, 0, 1};
    if (root->is_empty()) {
      report(out_, "R021", whole, {"文件是空的", "the file is empty"},
             {"写上 version: 1 和 tests:，或删去此文件",
              "write version: 1 and tests:, or remove the file"});
      return {};
    }
    if (!check_keys(*root, whole, kTestFileKeys, {"测试文件", "a test file"}, out_)) return {};
    if (const auto version = read_number(*root, "version", out_);
        version && *version != Number(1)) {
      report(out_, "R020", root->find("version")->at, {"版本应是 1", "version is 1"});
    }
    if (const Node* defaults = root->find("defaults")) {
      if (check_keys(*defaults, defaults->at, kTestDefaultKeys, {"defaults", "defaults"}, out_))
        defaults_ = defaults;
    }
    std::vector<Test> tests;
    const Node* list = root->find("tests");
    if (list == nullptr || !want_list(*list)) return tests;
    for (const Node& node : list->items) {
      if (auto test = read_test(node)) tests.push_back(*std::move(test));
    }
    return tests;
  }

 private:
  bool want_list(const Node& node) {
    if (node.is_sequence() && !node.items.empty()) return true;
    report(out_, node.is_empty() || node.is_sequence() ? "R032" : "R014", node.at,
           {"此处应是列表", "expected a list"}, {"每项前写“- ”", "begin each entry with '- '"});
    return false;
  }

  // The test's own, else that of `defaults`.
  const Node* setting(const Node& test, std::string_view key) const {
    if (const Node* own = test.find(key)) return own;
    return defaults_ == nullptr ? nullptr : defaults_->find(key);
  }
  Text text_setting(const Node& test, std::string_view key) {
    const Node* node = setting(test, key);
    return node == nullptr ? Text{} : text_of(*node, out_);
  }

  std::optional<Instant> moment(const Text& text) { return moment(text.text, text.at); }
  std::optional<Instant> moment(std::string_view text, const SourceSpan& at) {
    const auto t = parse_moment(text, {program_, start_});
    if (t) return *t;
    Bilingual what = t.error();
    report(out_, "R300", at, std::move(what),
           {"写成 +2d3h、+3 workdays、2026-03-05 或 2026-03-05T10:00",
            "write +2d3h, +3 workdays, 2026-03-05 or 2026-03-05T10:00"});
    return std::nullopt;
  }

  std::optional<Test> read_test(const Node& node) {
    if (!check_keys(node, node.at, kTestKeys, {"测试", "a test"}, out_) || !node.is_map())
      return std::nullopt;
    Test test;
    const Sentence name = read_sentence(node, "name", out_);
    test.name = name.plain();
    test.at = name.zh.present ? name.zh.at : name.en.present ? name.en.at : node.at;
    if (!test.name.empty() && !names_.emplace(test.name.zh, test.name.en).second) {
      report(out_, "R019", test.at, {"已有同名的测试", "another test of this file has this name"},
             {"另起一个名称，--run 靠它挑选", "give it another one: --run selects by it"});
    }
    const Text start = text_setting(node, "start");
    if (!start.present) {
      report(out_, "R013", test.at, {"测试缺少“start”", "a test needs 'start'"},
             {"加上 start: 2026-03-02T09:00，或写在 defaults 里",
              "add start: 2026-03-02T09:00, here or in defaults"});
      return std::nullopt;
    }
    if (start.text.starts_with('+') || start.text.starts_with('-')) {
      report(out_, "R300", start.at, {"起点是日期或当地时间", "a start is a date or a local time"},
             {"例如 2026-03-02T09:00", "such as 2026-03-02T09:00"});
      return std::nullopt;
    }
    const auto begin = moment(start);
    if (!begin) return std::nullopt;
    test.start = start_ = *begin;
    if (const Text until = text_setting(node, "until"); until.present) test.until = moment(until);
    if (const auto mode = choose(text_setting(node, "mode"), kModes, {"时钟", "mode"}, out_))
      test.mode = *mode;
    unit_ = text_setting(node, "unit").text;
    read_units(node, test);
    read_params(node, test);
    if (const Node* events = node.find("events"); events != nullptr && !events->is_empty())
      read_events(*events, test);
    const Node* expect = node.find("expect");
    if (expect != nullptr && want_list(*expect)) {
      for (const Node& one : expect->items) read_expectation(one, test);
    }
    for (const Expectation& expected : test.expectations) check_occurs(expected, test);
    return test;
  }

  // An expectation about nothing would always be met.
  void check_occurs(const Expectation& expected, const Test& test) {
    const auto said = [&](const std::string& word) {
      std::string json;
      append_json_string(json, word);
      json = json.substr(1, json.size() - 2);
      return std::any_of(test.events.begin(), test.events.end(), [&](const ScriptedEvent& event) {
        return event.json.find(json) != std::string::npos;
      });
    };
    const bool registered =
        std::any_of(test.units.begin(), test.units.end(),
                    [&](const RegisteredUnit& unit) { return unit.id == expected.unit; });
    if (!registered && !said(expected.unit)) {
      report(
          out_, "R306", expected.at,
          {"测试中没有单位“" + expected.unit + "”", "no unit '" + expected.unit + "' in this test"},
          {"它既不在 units 里，也没有事件", "it is not in units, and no event is about it"});
    } else if (expected.key && !said(*expected.key)) {
      report(out_, "R306", expected.at,
             {"测试中没有取值“" + *expected.key + "”的事件",
              "no event of this test has the value '" + *expected.key + "'"});
    }
  }

  void read_units(const Node& node, Test& test) {
    const Node* units = setting(node, "units");
    if (units == nullptr || units->is_empty()) return;
    auto read = units_of(*units, source_.name);
    if (read) {
      test.units = *std::move(read);
      return;
    }
    report(out_, "R014", units->at, {"单位表有误", "not a register of units: " + read.error().what},
           {"写成 [{id: u1, name: …, 其他列: …}]，id 不重复",
            "write [{id: u1, name: ..., other columns}], each id once"});
  }

  void read_params(const Node& node, Test& test) {
    const Node* params = setting(node, "params");
    if (params == nullptr || !check_map(*params, {"参数", "params"}, out_)) return;
    std::vector<std::string> known;
    for (const Param& param : program_.params) known.push_back(param.name);
    for (const Entry& entry : params->entries) {
      if (!known_name(entry.key, entry.key_at, known, {"参数", "param"})) continue;
      if (Text value = text_of(entry.value, out_); value.present)
        test.params.push_back({entry.key, std::move(value)});
    }
  }

  bool known_name(const std::string& name, const SourceSpan& at,
                  const std::vector<std::string>& known, const Bilingual& what) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return true;
    const auto nearest = nearest_name(name, known);
    report(out_, "R150", at,
           {"规则包没有" + what.zh + "“" + name + "”",
            "the pack has no " + what.en + " '" + name + "'"},
           nearest ? did_you_mean(*nearest) : Bilingual{});
    return false;
  }

  // ---- events

  void read_events(const Node& list, Test& test) {
    if (!want_list(list)) return;
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const Node& node = list.items[i];
      if (!check_keys(node, node.at, kTestEventKeys, {"事件", "an event"}, out_) || !node.is_map())
        continue;
      const Text at = read_text(node, "at", out_), type = read_text(node, "type", out_);
      if (!at.present || !type.present) continue;
      check_type(type);
      const Text id = read_text(node, "id", out_);
      const std::string name = id.present ? id.text : "e" + std::to_string(i + 1);
      const auto times = occurrences(at);
      for (std::size_t n = 0; n < times.size(); ++n) {
        std::string one = name;
        if (times.size() > 1) one += "." + std::to_string(n + 1);
        id_ = one;
        n_ = std::to_string(n + 1);
        add_event(node, type, one, times[n], test);
      }
    }
  }

  void check_type(const Text& type) {
    static constexpr std::string_view kEverybodys[] = {
        "event_retracted",   "event_corrected", "clarification_issued", "tolerance_decision",
        "complaint_verdict", "unit_changed",    "calendar_updated",     "ruleset_activated"};
    if (std::find(std::begin(kEverybodys), std::end(kEverybodys), type.text) !=
        std::end(kEverybodys))
      return;
    std::vector<std::string> known;
    for (const EventType& one : program_.types) {
      if (one.name == type.text) return;
      known.push_back(one.name);
    }
    const auto nearest = nearest_name(type.text, known);
    if (!nearest) return;  // of no interest to any rule, as a test may want to show
    report(out_, "R303", type.at,
           {"规则包没有用到事件“" + type.text + "”",
            "the pack does not name events '" + type.text + "'"},
           did_you_mean(*nearest));
  }

  // `+2d x5 every 1h`: five instants; `+2d x5`: five times the same.
  std::vector<Instant> occurrences(const Text& text) {
    const auto words = words_of(text.text);
    const auto times = std::find_if(words.begin(), words.end(), [](std::string_view word) {
      return word.size() > 1 && word[0] == 'x' && word[1] >= '0' && word[1] <= '9';
    });
    if (times == words.end() || times == words.begin()) {
      const auto t = moment(text);
      return t ? std::vector<Instant>{*t} : std::vector<Instant>{};
    }
    std::size_t count = 0;
    const char* const end = times->data() + times->size();
    const auto read = std::from_chars(times->data() + 1, end, count);
    const bool counted =
        read.ec == std::errc{} && read.ptr == end && count > 0 && count <= kMostRepeats;
    const bool at_once = times + 1 == words.end();
    std::optional<std::vector<Span>> step;
    if (at_once) step.emplace();
    if (!at_once && times[1] == "every") step = parse_lengths(joined({times + 2, words.end()}));
    if (!counted || !step) {
      report(out_, "R300", text.at, {"重复写法有误", "not a repetition"},
             {"写成 +2d x5 every 1h，同一时刻五个写 +2d x5",
              "write +2d x5 every 1h, or +2d x5 for five at once"});
      return {};
    }
    std::vector<Instant> out;
    auto t = moment(joined({words.begin(), times}), text.at);
    for (std::size_t i = 0; i < count && t; ++i) {
      out.push_back(*t);
      const auto next = moved(*t, *step, false, program_);
      if (!next) {
        report(out_, "R300", text.at, next.error());
        break;
      }
      t = *next;
    }
    return out;
  }

  void add_event(const Node& node, const Text& type, const std::string& id, Instant time,
                 Test& test) {
    ScriptedEvent event;
    event.id = id;
    event.at = node.find("at")->at;
    event.recorded = time;
    JsonWriter json(event.json);
    json.begin_object().key("id").string(id).key("source");
    const Text source = read_text(node, "source", out_);
    json.string(source.present ? source.text : "/test").key("type").string(type.text);
    const Node* unit = node.find("unit");
    if (unit == nullptr ? !unit_.empty() : !unit->text.empty())
      json.key("unit").string(unit == nullptr ? unit_ : unit->text);
    json.key("time").string(format_rfc3339(time));
    if (const Text recorded = read_text(node, "recorded", out_); recorded.present) {
      if (const auto t = moment(recorded)) event.recorded = *t;
      json.key("recordedtime").string(format_rfc3339(event.recorded));
    }
    json.key("data");
    const Node* data = node.find("data");
    if (data != nullptr && check_map(*data, {"字段", "fields"}, out_)) {
      put(json, *data);
    } else {
      json.begin_object().end_object();
    }
    json.end_object();
    event.quarantined = read_text(node, "quarantined", out_).text;
    test.events.push_back(std::move(event));
  }

  // `{id}` and `{n}`, so that repeated events can differ.
  std::string filled(std::string text) const {
    for (const auto& [mark, value] : {std::pair<std::string_view, const std::string&>("{id}", id_),
                                      std::pair<std::string_view, const std::string&>("{n}", n_)}) {
      for (std::size_t at = text.find(mark); at != std::string::npos;
           at = text.find(mark, at + value.size()))
        text.replace(at, mark.size(), value);
    }
    return text;
  }

  void put(JsonWriter& json, const Node& node) {
    if (const auto moment = relative(node)) {
      put_relative(json, *moment, node.at);
    } else if (node.is_map()) {
      json.begin_object();
      for (const Entry& entry : node.entries) {
        json.key(entry.key);
        put(json, entry.value);
      }
      json.end_object();
    } else if (node.is_sequence()) {
      json.begin_array();
      for (const Node& item : node.items) put(json, item);
      json.end_array();
    } else if (node.quoted) {
      json.string(filled(node.text));
    } else if (node.is_empty() || node.text == "null" || node.text == "~") {
      json.null();
    } else if (node.text == "true" || node.text == "false" || is_json_number(node.text)) {
      json.raw(node.text);
    } else {
      json.string(filled(node.text));
    }
  }

  // The inside of "{+10d}"; without quotes YAML makes a map of it.
  static std::optional<std::string> relative(const Node& node) {
    std::string inside;
    if (node.is_scalar() && node.text.starts_with('{') && node.text.ends_with('}')) {
      inside = node.text.substr(1, node.text.size() - 2);
    } else if (node.is_map() && node.entries.size() == 1 && node.entries[0].value.is_empty()) {
      inside = node.entries[0].key;
    }
    if (!inside.starts_with('+') && !inside.starts_with('-')) return std::nullopt;
    return inside;
  }

  void put_relative(JsonWriter& json, std::string text, const SourceSpan& at) {
    constexpr std::string_view kTime = " time";
    const bool instant = text.ends_with(kTime);
    if (instant) text.resize(text.size() - kTime.size());
    const auto t = moment(text, at);
    if (!t) {
      json.null();
    } else if (instant) {
      json.string(format_rfc3339(*t));
    } else {
      json.string(format_date(Date{program_.zone.day_of(*t).time_since_epoch()}));
    }
  }

  // ---- expectations

  void read_expectation(const Node& node, Test& test) {
    if (!check_keys(node, node.at, kExpectKeys, {"预期", "an expectation"}, out_) || !node.is_map())
      return;
    Expectation out;
    out.at = node.at;
    if (!read_kind(node, out)) return;
    const Text unit = read_text(node, "unit", out_);
    out.unit = unit.present ? unit.text : unit_;
    if (out.unit.empty()) {
      report(out_, "R305", node.at, {"没有写是哪个单位", "which unit is it about?"},
             {"加上 unit: …，或写在 defaults 里", "add unit: ..., here or in defaults"});
      return;
    }
    if (const Text at = read_text(node, "at", out_); at.present) out.time = moment(at);
    const Rule* rule = nullptr;
    if (out.kind != ExpectationKind::colour) {
      rule = rule_of(node, out);
    }
    bool whole = rule != nullptr || out.kind == ExpectationKind::colour;
    switch (out.kind) {
      case ExpectationKind::timeline:
        whole = read_timeline(*node.find("timeline"), rule, out) && whole;
        break;
      case ExpectationKind::level: whole = read_level(node, "level", out.level) && whole; break;
      case ExpectationKind::below: whole = read_level(node, "below", out.level) && whole; break;
      case ExpectationKind::colour: whole = read_colour(node, out) && whole; break;
      case ExpectationKind::grey: break;
    }
    if (!whole || (rule != nullptr && !check_key(node, *rule, out))) return;
    if (out.kind == ExpectationKind::level && node.find("grey") != nullptr) {
      Expectation grey = out;
      grey.kind = ExpectationKind::grey;
      grey.grey = read_flag(node, "grey", out_).value_or(false);
      test.expectations.push_back(std::move(grey));
    }
    if (out.kind == ExpectationKind::grey) {
      const auto flag = read_flag(node, "grey", out_);
      if (!flag) return;
      out.grey = *flag;
    }
    test.expectations.push_back(std::move(out));
  }

  bool read_kind(const Node& node, Expectation& out) {
    constexpr std::pair<std::string_view, ExpectationKind> kKinds[] = {
        {"timeline", ExpectationKind::timeline}, {"level", ExpectationKind::level},
        {"below", ExpectationKind::below},       {"colour", ExpectationKind::colour},
        {"grey", ExpectationKind::grey},
    };
    int found = 0;
    for (const auto& [key, kind] : kKinds) {
      if (node.find(key) == nullptr) continue;
      const bool beside =
          kind == ExpectationKind::grey && found == 1 && out.kind == ExpectationKind::level;
      if (beside) continue;
      out.kind = kind;
      ++found;
    }
    const bool about_rule = out.kind != ExpectationKind::colour;
    const bool fits = found == 1 && about_rule == (node.find("rule") != nullptr);
    if (fits) return true;
    report(out_, "R301", node.at,
           found == 1 ? Bilingual{about_rule ? "没有写是哪条规则" : "单位颜色不写 rule",
                                  about_rule ? "which rule is it about?"
                                             : "a unit's colour goes without rule"}
           : found == 0 ? Bilingual{"没有写预期什么", "nothing is expected"}
                        : Bilingual{"一条预期写了几样", "several things in one expectation"},
           {"恰好写 timeline、level、grey、below 之一并写 rule，或单位的 colour",
            "give rule and one of timeline, level, grey and below, or the unit's colour"});
    return false;
  }

  const Rule* rule_of(const Node& node, Expectation& out) {
    const Text rule = read_text(node, "rule", out_);
    if (!rule.present) return nullptr;
    out.rule = rule.text;
    std::vector<std::string> known;
    for (const Rule& one : program_.rules) {
      if (one.id == rule.text) return &one;
      known.push_back(one.id);
    }
    known_name(rule.text, rule.at, known, {"规则", "rule"});
    return nullptr;
  }

  bool check_key(const Node& node, const Rule& rule, Expectation& out) {
    if (const Text key = read_text(node, "key", out_); key.present) {
      out.key = key.text;
      if (rule.keyed) return true;
      report(out_, "R302", key.at,
             {"规则“" + rule.id + "”不按字段分组", "rule '" + rule.id + "' has no keys"},
             {"去掉 key", "take key away"});
      return false;
    }
    const bool never = out.kind == ExpectationKind::below ||
                       (out.kind == ExpectationKind::timeline && out.changes.empty());
    if (!rule.keyed || never) return true;
    report(out_, "R302", node.at,
           {"规则“" + rule.id + "”按字段分组，要写是哪一个值",
            "rule '" + rule.id + "' has an instance per field value: which one?"},
           {"加上 key: …", "add key: ..."});
    return false;
  }

  bool read_level(const Node& node, std::string_view key, Level& level) {
    const auto found = choose(read_text(node, key, out_), kLevelWords, kLevelName, out_);
    if (found) level = *found;
    return found.has_value();
  }

  bool read_colour(const Node& node, Expectation& out) {
    const Text text = read_text(node, "colour", out_);
    for (const Shade& shade : program_.shades) {
      if (shade.name != text.text) continue;
      out.shade = shade.name;
      out.level = shade.base;
      return true;
    }
    if (text.text == "grey") {
      out.grey = true;
      return true;
    }
    return read_level(node, "colour", out.level);
  }

  bool read_timeline(const Node& list, const Rule* rule, Expectation& out) {
    if (!list.is_sequence()) {
      report(out_, "R014", list.at, {"此处应是列表", "expected a list"},
             {"写成 timeline: [+2d yellow, +6d red]；没有变化写 []",
              "write timeline: [+2d yellow, +6d red]; [] if nothing changes"});
      return false;
    }
    bool whole = true;
    for (const Node& item : list.items) {
      auto change = item.is_map() ? read_change(item, rule) : read_short(item);
      whole = whole && change;
      if (!change) continue;
      if (!out.changes.empty() && change->time <= out.changes.back().time) {
        report(out_, "R304", change->at,
               {"不晚于前一次变化", "not later than the change before it"});
        whole = false;
      }
      out.changes.push_back(*std::move(change));
    }
    return whole;
  }

  // `+32d green cleared`
  std::optional<ExpectedChange> read_short(const Node& item) {
    const Text text = text_of(item, out_);
    if (!text.present) return std::nullopt;
    ExpectedChange out;
    out.at = item.at;
    auto words = words_of(text.text);
    if (const auto revoked = words.empty() ? std::nullopt : value_of(words.back(), kEndings)) {
      out.revoked = *revoked;
      words.pop_back();
    }
    const auto level = words.empty() ? std::nullopt : value_of(words.back(), kLevelWords);
    if (!level || words.size() < 2) {
      report(out_, "R014", item.at,
             {"“" + text.text + "”不是级别的变化", "'" + text.text + "' is no change of level"},
             {"写成 +2d yellow 或 +32d green cleared", "write +2d yellow or +32d green cleared"});
      return std::nullopt;
    }
    out.to = *level;
    words.pop_back();
    const auto t = moment(joined(words), item.at);
    if (!t) return std::nullopt;
    out.time = *t;
    return out;
  }

  std::optional<ExpectedChange> read_change(const Node& item, const Rule* rule) {
    check_keys(item, item.at, kChangeKeys, {"时间线的一步", "a step of a timeline"}, out_);
    ExpectedChange out;
    out.at = item.at;
    const Text at = read_text(item, "at", out_);
    const bool levelled = read_level(item, "level", out.to);
    out.revoked = choose(read_text(item, "ended", out_), kEndings, {"结束方式", "ended"}, out_);
    out.cause = choose(read_text(item, "cause", out_), kCauses, {"起因", "cause"}, out_);
    out.because = read_sentence(item, "because", out_).plain();
    out.duty = read_text(item, "duty", out_);
    if (const Text late = read_text(item, "late_by", out_); late.present) {
      const auto lengths = parse_lengths(late.text);
      const auto sum = moved(Instant{}, lengths.value_or(std::vector<Span>{}), false, program_);
      if (lengths && sum) {
        out.late_by = sum->time_since_epoch();
      } else {
        report(out_, "R023", late.at, {"不是时长", "not a length of time"},
               {"写成 2d3h", "write 2d3h"});
      }
    }
    if (const Node* values = item.find("values");
        values != nullptr && rule != nullptr &&
        check_map(*values, {"指标的值", "values of measures"}, out_)) {
      read_values(*values, *rule, out);
    }
    if (!at.present || !levelled) return std::nullopt;
    const auto t = moment(at);
    if (!t) return std::nullopt;
    out.time = *t;
    return out;
  }

  void read_values(const Node& values, const Rule& rule, ExpectedChange& out) {
    std::vector<std::string> known;
    for (const std::uint32_t m : rule.measures) known.push_back(program_.measures[m].name);
    for (const Entry& entry : values.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        const auto nearest = nearest_name(entry.key, known);
        report(out_, "R150", entry.key_at,
               {"规则“" + rule.id + "”不看指标“" + entry.key + "”",
                "rule '" + rule.id + "' does not look at '" + entry.key + "'"},
               nearest ? did_you_mean(*nearest) : Bilingual{});
        continue;
      }
      Text value;
      if (entry.value.is_scalar()) {
        value = {true, entry.value.quoted, entry.value.text, entry.value.at, entry.value.inside};
      } else {
        value = text_of(entry.value, out_);
      }
      out.values.emplace_back(entry.key, std::move(value));
    }
  }

  const SourceText& source_;
  std::uint32_t file_;
  const Program& program_;
  Diagnostics& out_;
  const Node* defaults_ = nullptr;
  std::set<std::pair<std::string, std::string>> names_;
  Instant start_;       // of the test being read
  std::string unit_;    // its default
  std::string id_, n_;  // of the event being written: its id and the number of its repetition
};

}  // namespace

std::vector<Test> read_tests(const SourceText& source, std::uint32_t file, const Program& program,
                             Diagnostics& out) {
  return FileReader(source, file, program, out).read();
}

}  // namespace lianqing
