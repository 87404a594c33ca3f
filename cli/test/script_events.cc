#include "cli/test/script_events.h"

#include <algorithm>
#include <charconv>

#include "connectors/json_writer.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostRepeats = 10'000;

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
  const bool padded = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
  return digit && !padded && !text.ends_with('.') && Number::parse(text).has_value();
}

class EventReader {
 public:
  explicit EventReader(const Scene& scene) : scene_(scene) {}

  std::vector<ScriptedEvent> read(const Node& list) {
    if (!want_list(list, scene_.out)) return {};
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const Node& node = list.items[i];
      if (!check_keys(node, node.at, kTestEventKeys, {"事件", "an event"}, scene_.out) ||
          !node.is_map())
        continue;
      const Text at = read_text(node, "at", scene_.out), type = read_text(node, "type", scene_.out);
      if (!at.present || !type.present) continue;
      check_type(type);
      const Text id = read_text(node, "id", scene_.out);
      const std::string name = id.present ? id.text : "e" + std::to_string(i + 1);
      const auto times = occurrences(at);
      for (std::size_t n = 0; n < times.size(); ++n) {
        std::string one = name;
        if (times.size() > 1) one += "." + std::to_string(n + 1);
        id_ = one;
        n_ = std::to_string(n + 1);
        add_event(node, type, one, times[n]);
      }
    }
    return std::move(events_);
  }

 private:
  void check_type(const Text& type) {
    static constexpr std::string_view kEverybodys[] = {
        "event_retracted",   "event_corrected",    "clarification_issued", "tolerance_decision",
        "complaint_verdict", "scene_.unitchanged", "calendar_updated",     "ruleset_activated"};
    if (std::find(std::begin(kEverybodys), std::end(kEverybodys), type.text) !=
        std::end(kEverybodys))
      return;
    std::vector<std::string> known;
    for (const EventType& one : scene_.program.types) {
      if (one.name == type.text) return;
      known.push_back(one.name);
    }
    const auto nearest = nearest_name(type.text, known);
    if (!nearest) return;  // of no interest to any rule, as a test may want to show
    report(scene_.out, "R303", type.at,
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
      const auto t = scene_.moment(text);
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
    if (!at_once && times[1] == "every") step = parse_lengths(stretch({times + 2, words.end()}));
    if (!counted || !step) {
      report(scene_.out, "R300", text.at, {"重复写法有误", "not a repetition"},
             {"写成 +2d x5 every 1h，同一时刻五个写 +2d x5",
              "write +2d x5 every 1h, or +2d x5 for five at once"});
      return {};
    }
    std::vector<Instant> out;
    auto t = scene_.moment(stretch({words.begin(), times}), text.at);
    for (std::size_t i = 0; i < count && t; ++i) {
      out.push_back(*t);
      const auto next = moved(*t, *step, false, scene_.program);
      if (!next) {
        report(scene_.out, "R300", text.at, next.error());
        break;
      }
      t = *next;
    }
    return out;
  }

  void add_event(const Node& node, const Text& type, const std::string& id, Instant time) {
    ScriptedEvent event;
    event.id = id;
    event.at = node.find("at")->at;
    event.recorded = time;
    JsonWriter json(event.json);
    json.begin_object().key("id").string(id).key("source");
    const Text source = read_text(node, "source", scene_.out);
    json.string(source.present ? source.text : "/test").key("type").string(type.text);
    const Node* unit = node.find("unit");
    if (unit == nullptr ? !scene_.unit.empty() : !unit->text.empty())
      json.key("unit").string(unit == nullptr ? scene_.unit : unit->text);
    json.key("time").string(format_rfc3339(time));
    if (const Text recorded = read_text(node, "recorded", scene_.out); recorded.present) {
      if (const auto t = scene_.moment(recorded)) event.recorded = *t;
      json.key("recordedtime").string(format_rfc3339(event.recorded));
    }
    json.key("data");
    const Node* data = node.find("data");
    if (data != nullptr && check_map(*data, {"字段", "fields"}, scene_.out)) {
      put(json, *data);
    } else {
      json.begin_object().end_object();
    }
    json.end_object();
    event.quarantined = read_text(node, "quarantined", scene_.out).text;
    events_.push_back(std::move(event));
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
    const auto t = scene_.moment(text, at);
    if (!t) {
      json.null();
    } else if (instant) {
      json.string(format_rfc3339(*t));
    } else {
      json.string(format_date(Date{scene_.program.zone.day_of(*t).time_since_epoch()}));
    }
  }

  const Scene& scene_;
  std::vector<ScriptedEvent> events_;
  std::string id_, n_;  // of the event being written: its id and the number of its repetition
};

}  // namespace

std::vector<ScriptedEvent> read_events(const Node& list, const Scene& scene) {
  return EventReader(scene).read(list);
}

}  // namespace lianqing
