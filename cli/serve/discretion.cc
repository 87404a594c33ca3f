#include "cli/serve/discretion.h"

#include <algorithm>
#include <charconv>

#include "cli/kept_packs.h"
#include "cli/serve/json_members.h"
#include "connectors/json_writer.h"

namespace lianqing {
namespace {

bool is_sensitive(const EventType& type) {
  return std::any_of(type.fields.begin(), type.fields.end(),
                     [](const FieldCheck& field) { return field.sensitive; });
}

// Which measures rest on events that say who reported.
class Measures {
 public:
  explicit Measures(const Program& program) : program_(program), of_(program.measures.size()) {
    for (std::uint32_t m = 0; m < of_.size(); ++m) of_[m] = looks_at_reports(m);
  }

  bool on_reports(std::uint32_t m) const { return of_[m]; }

  // Whether `other` counts the reporters of the very events that `m` is about.
  bool counts_reporters(std::uint32_t other, std::uint32_t m) const {
    const Measure& theirs = program_.measures[other];
    const Measure& ours = program_.measures[m];
    if (theirs.aggregate != Aggregate::distinct || theirs.window == kNone) return false;
    if (ours.window == kNone) return false;
    const Window& a = program_.windows[theirs.window];
    const Window& b = program_.windows[ours.window];
    const Stream& people = program_.streams[a.stream];
    const Stream& events = program_.streams[b.stream];
    return a.span == b.span && people.source == events.source && people.types == events.types &&
           people.any_type == events.any_type && people.where == events.where &&
           people.key == events.key && is_reporter(people);
  }

 private:
  bool of_types(const std::vector<std::uint32_t>& types) const {
    return std::any_of(types.begin(), types.end(),
                       [this](std::uint32_t t) { return is_sensitive(program_.types[t]); });
  }
  bool of_item(std::uint32_t item) const {
    const Item& one = program_.items[item];
    return of_types(one.open) || of_types(one.close) || of_types(one.extend);
  }
  bool of_stream(const Stream& stream) const {
    if (stream.any_type) {
      return std::any_of(program_.types.begin(), program_.types.end(), is_sensitive);
    }
    if (stream.item != kNone && of_item(stream.item)) return true;
    if (stream.sequence != kNone) {
      const Sequence& sequence = program_.sequences[stream.sequence];
      for (const auto& step : sequence.steps) {
        if (step.any_type || of_types(step.types)) return true;
      }
    }
    return of_types(stream.types);
  }

  // A measure reads only ones that come before it.
  bool looks_at_reports(std::uint32_t m) const {
    const Measure& measure = program_.measures[m];
    if (measure.window != kNone &&
        of_stream(program_.streams[program_.windows[measure.window].stream])) {
      return true;
    }
    if (measure.item != kNone && of_item(measure.item)) return true;
    // What is read of other units may be about reports, too.
    if (measure.peers != kNone || measure.roll_up != kNone) return true;
    return std::any_of(measure.reads.begin(), measure.reads.end(),
                       [this](std::uint32_t read) { return of_[read]; });
  }

  // Its values are those of one field that is declared sensitive in all of its types.
  bool is_reporter(const Stream& stream) const {
    if (stream.value == kNone || stream.any_type || stream.types.empty()) return false;
    return std::all_of(stream.types.begin(), stream.types.end(), [&](std::uint32_t t) {
      const auto& fields = program_.types[t].fields;
      return std::any_of(fields.begin(), fields.end(), [&](const FieldCheck& field) {
        return field.sensitive && field.slot == stream.value;
      });
    });
  }

  const Program& program_;
  std::vector<bool> of_;
};

std::string_view bare(std::string_view text) {
  return text.size() < 2 ? text : text.substr(1, text.size() - 2);
}

// Tells when one single event was, even among many.
bool tells_of_one(Aggregate aggregate) {
  return aggregate == Aggregate::first || aggregate == Aggregate::last ||
         aggregate == Aggregate::age || aggregate == Aggregate::decayed;
}

// Whether `text` begins like the pattern, in which 0 stands for a digit.
bool begins_like(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  return std::equal(pattern.begin(), pattern.end(), text.begin(), [](char expected, char c) {
    return expected == '0' ? c >= '0' && c <= '9' : c == expected;
  });
}

// How much of `text` from `at` on is a part of a second.
std::size_t fraction_end(std::string_view text, std::size_t at) {
  if (!begins_like(text.substr(std::min(at, text.size())), ".0")) return at;
  return std::min(text.find_first_not_of("0123456789", at + 1), text.size());
}

// The title as a sentence that says why there is no number in it.
void put_withheld(JsonWriter& out, std::string_view title) {
  out.begin_object();
  const auto members = json_members(title);
  for (const auto& [language, said] :
       {std::pair{"zh", "（举报人不足三人或未知，不显示件数）"},
        {"en", " (fewer than 3 reporters, or not known: no counts are shown)"}}) {
    std::string text;
    for (const JsonMember& member : members.value_or(std::vector<JsonMember>())) {
      if (member.first == language) text = bare(member.second);
    }
    out.key(language).raw("\"" + text + said + "\"");
  }
  out.end_object();
}

}  // namespace

Discretion::Discretion(const Program& program)
    : zone_(program.zone), hash_(hash_text(program)), everything_(1) {
  const Measures measures(program);
  for (const Rule& rule : program.rules) {
    auto& guarded = rules_[rule.id];
    for (const std::uint32_t m : rule.measures) {
      if (!measures.on_reports(m)) continue;
      Guarded& one = guarded.emplace_back();
      one.measure = program.measures[m].name;
      one.derived = program.measures[m].aggregate == Aggregate::value;
      if (tells_of_one(program.measures[m].aggregate)) continue;
      for (const std::uint32_t other : rule.measures) {
        if (measures.counts_reporters(other, m)) {
          one.reporters.push_back(program.measures[other].name);
        }
      }
    }
  }
}

const std::vector<Discretion::Guarded>& Discretion::guarded(std::string_view rule) const {
  const auto found = rules_.find(rule);
  return found == rules_.end() ? everything_ : found->second;
}

bool Discretion::is_told(const Guarded& measure, const Values& values) {
  return std::any_of(measure.reporters.begin(), measure.reporters.end(), [&](const auto& name) {
    const auto found = values.find(name);
    if (found == values.end()) return false;
    std::uint64_t people = 0;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), people);
    return people >= kLeastReporters;
  });
}

std::string Discretion::days_only(std::string_view text) const {
  constexpr std::string_view kDate = "0000-00-00", kLocal = "0000-00-00 00:00";
  constexpr std::string_view kInstant = "0000-00-00T00:00:00";
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;
  for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    if (at < copied + 4) continue;
    const std::size_t from = at - 4;
    const std::string_view rest = text.substr(from);
    std::string told;
    std::size_t size = 0;
    if (begins_like(rest, kInstant)) {
      size = fraction_end(rest, kInstant.size());
      const std::string_view zone = rest.substr(size);
      size += begins_like(zone, "+00:00") || begins_like(zone, "-00:00") ? 6 : 1;
      const auto t = parse_rfc3339(rest.substr(0, size));
      if (t) told = format_rfc3339(start_of_day(*t));
    } else if (begins_like(rest, kLocal)) {
      size = kLocal.size();
      if (begins_like(rest.substr(size), ":00")) size += 3;
      size = fraction_end(rest, size);
      told = rest.substr(0, kDate.size());
    }
    if (told.empty()) continue;
    out.append(text.substr(copied, from - copied)).append(told);
    copied = from + size;
  }
  return out.append(text.substr(copied));
}

std::string Discretion::warning(std::string_view text) const {
  const auto members = json_members(text);
  if (!members) return "{}";
  std::string_view title, rule, pack = hash_;
  Values values;
  for (const JsonMember& member : *members) {
    if (member.first == "title") title = member.second;
    if (member.first == "rule") rule = bare(member.second);
    if (member.first == "rules") pack = bare(member.second);
    if (member.first != "values") continue;
    for (const JsonMember& value :
         json_members(member.second).value_or(std::vector<JsonMember>())) {
      values.emplace(value.first, value.second);
    }
  }
  const auto& rests_on = pack == hash_ ? guarded(rule) : everything_;
  const bool all_told = std::all_of(rests_on.begin(), rests_on.end(), [&](const Guarded& one) {
    return one.derived || is_told(one, values);
  });
  const auto hidden = [&](std::string_view measure) {
    return &rests_on == &everything_ ||
           std::any_of(rests_on.begin(), rests_on.end(), [&](const Guarded& one) {
             return one.measure == measure && (one.derived || !is_told(one, values));
           });
  };
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  for (const auto& [name, value] : *members) {
    if (name == "evidence" || name == "seq" || name == "late_by") continue;
    if (!all_told && (name == "why" || name == "next" || name == "cause")) continue;
    json.key(name);
    if (name == "values" && !all_told) {
      json.begin_object();
      for (const auto& [measure, number] : values) {
        if (!hidden(measure)) json.key(measure).raw(number);
      }
      json.end_object();
    } else if (name == "because" && !all_told) {
      put_withheld(json, title);
    } else {
      json.raw(value);
    }
  }
  if (!all_told) json.key("withheld").string("reporters");
  json.end_object();
  return days_only(out);
}

}  // namespace lianqing
