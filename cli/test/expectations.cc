#include "cli/test/expectations.h"

#include <algorithm>
#include <array>

#include "cli/words.h"
#include "rules/choices.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::array kCauses = {
    std::pair{cause_name(Cause::timer), Cause::timer},
    std::pair{cause_name(Cause::event), Cause::event},
    std::pair{cause_name(Cause::activation), Cause::activation},
    std::pair{cause_name(Cause::correction), Cause::correction},
    std::pair{cause_name(Cause::retraction), Cause::retraction},
    std::pair{cause_name(Cause::decision), Cause::decision},
};
const Bilingual kLevelName{"级别", "level"};

template <class Table>
auto value_of(std::string_view word, const Table& table)
    -> std::optional<std::remove_cvref_t<decltype(std::begin(table)->second)>> {
  for (const auto& [name, value] : table) {
    if (word == name) return value;
  }
  return std::nullopt;
}

class ExpectationReader {
 public:
  explicit ExpectationReader(const Scene& scene) : scene_(scene) {}

  std::vector<Expectation> read(const Node& list) {
    if (!want_list(list, scene_.out)) return {};
    for (const Node& one : list.items) read_one(one);
    return std::move(expectations_);
  }

 private:
  void read_one(const Node& node) {
    if (!check_keys(node, node.at, kExpectKeys, {"预期", "an expectation"}, scene_.out) ||
        !node.is_map())
      return;
    Expectation out;
    out.at = node.at;
    if (!read_kind(node, out)) return;
    const Text unit = read_text(node, "unit", scene_.out);
    out.unit = unit.present ? unit.text : scene_.unit;
    if (out.unit.empty()) {
      report(scene_.out, "R305", node.at, {"没有写是哪个单位", "which unit is it about?"},
             {"加上 unit: …，或写在 defaults 里", "add unit: ..., here or in defaults"});
      return;
    }
    if (const Text at = read_text(node, "at", scene_.out); at.present) out.time = scene_.moment(at);
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
      grey.grey = read_flag(node, "grey", scene_.out).value_or(false);
      expectations_.push_back(std::move(grey));
    }
    if (out.kind == ExpectationKind::grey) {
      const auto flag = read_flag(node, "grey", scene_.out);
      if (!flag) return;
      out.grey = *flag;
    }
    expectations_.push_back(std::move(out));
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
    report(scene_.out, "R301", node.at,
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
    const Text rule = read_text(node, "rule", scene_.out);
    if (!rule.present) return nullptr;
    out.rule = rule.text;
    std::vector<std::string> known;
    for (const Rule& one : scene_.program.rules) {
      if (one.id == rule.text) return &one;
      known.push_back(one.id);
    }
    known_name(rule.text, rule.at, known, {"规则", "rule"}, scene_.out);
    return nullptr;
  }

  bool check_key(const Node& node, const Rule& rule, Expectation& out) {
    if (const Text key = read_text(node, "key", scene_.out); key.present) {
      out.key = key.text;
      if (rule.keyed) return true;
      report(scene_.out, "R302", key.at,
             {"规则“" + rule.id + "”不按字段分组", "rule '" + rule.id + "' has no keys"},
             {"去掉 key", "take key away"});
      return false;
    }
    const bool never = out.kind == ExpectationKind::below ||
                       (out.kind == ExpectationKind::timeline && out.changes.empty());
    if (!rule.keyed || never) return true;
    report(scene_.out, "R302", node.at,
           {"规则“" + rule.id + "”按字段分组，要写是哪一个值",
            "rule '" + rule.id + "' has an instance per field value: which one?"},
           {"加上 key: …", "add key: ..."});
    return false;
  }

  bool read_level(const Node& node, std::string_view key, Level& level) {
    const auto found =
        choose(read_text(node, key, scene_.out), kLevelWords, kLevelName, scene_.out);
    if (found) level = *found;
    return found.has_value();
  }

  bool read_colour(const Node& node, Expectation& out) {
    const Text text = read_text(node, "colour", scene_.out);
    for (const Shade& shade : scene_.program.shades) {
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
      report(scene_.out, "R014", list.at, {"此处应是列表", "expected a list"},
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
        report(scene_.out, "R304", change->at,
               {"不晚于前一次变化", "not later than the change before it"});
        whole = false;
      }
      out.changes.push_back(*std::move(change));
    }
    return whole;
  }

  // `+32d green cleared`
  std::optional<ExpectedChange> read_short(const Node& item) {
    const Text text = text_of(item, scene_.out);
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
      report(scene_.out, "R014", item.at,
             {"“" + text.text + "”不是级别的变化", "'" + text.text + "' is no change of level"},
             {"写成 +2d yellow 或 +32d green cleared", "write +2d yellow or +32d green cleared"});
      return std::nullopt;
    }
    out.to = *level;
    words.pop_back();
    const auto t = scene_.moment(stretch(words), item.at);
    if (!t) return std::nullopt;
    out.time = *t;
    return out;
  }

  std::optional<ExpectedChange> read_change(const Node& item, const Rule* rule) {
    check_keys(item, item.at, kChangeKeys, {"时间线的一步", "a step of a timeline"}, scene_.out);
    ExpectedChange out;
    out.at = item.at;
    const Text at = read_text(item, "at", scene_.out);
    const bool levelled = read_level(item, "level", out.to);
    out.revoked =
        choose(read_text(item, "ended", scene_.out), kEndings, {"结束方式", "ended"}, scene_.out);
    out.cause =
        choose(read_text(item, "cause", scene_.out), kCauses, {"起因", "cause"}, scene_.out);
    out.because = read_sentence(item, "because", scene_.out).plain();
    out.duty = read_text(item, "duty", scene_.out);
    if (const Text late = read_text(item, "late_by", scene_.out); late.present) {
      const auto lengths = parse_lengths(late.text);
      const auto sum =
          moved(Instant{}, lengths.value_or(std::vector<Span>{}), false, scene_.program);
      if (lengths && sum) {
        out.late_by = sum->time_since_epoch();
      } else {
        report(scene_.out, "R023", late.at, {"不是时长", "not a length of time"},
               {"写成 2d3h", "write 2d3h"});
      }
    }
    if (const Node* values = item.find("values");
        values != nullptr && rule != nullptr &&
        check_map(*values, {"指标的值", "values of measures"}, scene_.out)) {
      read_values(*values, *rule, out);
    }
    if (!at.present || !levelled) return std::nullopt;
    const auto t = scene_.moment(at);
    if (!t) return std::nullopt;
    out.time = *t;
    return out;
  }

  void read_values(const Node& values, const Rule& rule, ExpectedChange& out) {
    std::vector<std::string> known;
    for (const std::uint32_t m : rule.measures) known.push_back(scene_.program.measures[m].name);
    for (const Entry& entry : values.entries) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        const auto nearest = nearest_name(entry.key, known);
        report(scene_.out, "R150", entry.key_at,
               {"规则“" + rule.id + "”不看指标“" + entry.key + "”",
                "rule '" + rule.id + "' does not look at '" + entry.key + "'"},
               nearest ? did_you_mean(*nearest) : Bilingual{});
        continue;
      }
      Text value;
      if (entry.value.is_scalar()) {
        value = {true, entry.value.quoted, entry.value.text, entry.value.at, entry.value.inside};
      } else {
        value = text_of(entry.value, scene_.out);
      }
      out.values.emplace_back(entry.key, std::move(value));
    }
  }

  const Scene& scene_;
  std::vector<Expectation> expectations_;
};

}  // namespace

std::vector<Expectation> read_expectations(const Node& list, const Scene& scene) {
  return ExpectationReader(scene).read(list);
}

}  // namespace lianqing
