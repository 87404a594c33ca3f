#include "cli/serve/unit_answers.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "cli/calendar_words.h"
#include "cli/case_json.h"
#include "cli/json_parts.h"
#include "cli/serve/case_rows.h"
#include "cli/serve/json_members.h"
#include "cli/serve/query.h"
#include "cli/warning_json.h"
#include "connectors/content_hash.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostScanned = 200'000;  // units looked at for one page

void put_key(JsonWriter& out, const std::string& key) {
  out.key("key");
  if (key.empty()) {
    out.null();
  } else {
    out.string(key);
  }
}

void put_name(JsonWriter& out, const BoardUnit& unit) {
  out.key("name");
  if (unit.name.zh.empty() && unit.name.en.empty()) {
    out.null();
  } else {
    put(out, unit.name);
  }
}

void put_row(JsonWriter& out, const std::string& id, const BoardUnit& unit, const Live& live,
             bool with_cases, const Access& access) {
  out.begin_object().key("unit").string(id);
  put_name(out, unit);
  out.key("parent");
  if (unit.parent.empty() || !access.sees(unit.parent)) {
    out.null();
  } else {
    out.string(unit.parent);
  }
  const UnitColour colour = live.casebook().colour(id);
  out.key("colour").string(name(colour.shown));
  put_colour(out, colour, live.program());
  out.key("registered").boolean(unit.registered).key("levels").begin_array();
  for (const auto& [where, standing] : unit.standing) {
    out.begin_object().key("rule").string(where.first);
    put_key(out, where.second);
    out.key("level").string(name(standing.level));
    out.key("since").string(format_rfc3339(standing.since));
    if (standing.shadow) out.key("shadow").boolean(true);
    out.end_object();
  }
  out.end_array();
  if (with_cases) put_overdue(out, id, live);
  out.end_object();
}

struct Stood {
  Warning now;
  Instant since;
};

// Every (rule, key) of the unit as it stands, by rule and key.
std::vector<Stood> standing(const UnitState& unit, const Replay& replay, Instant judged,
                            const std::optional<std::string>& rule) {
  std::vector<Stood> out;
  const Instant at = std::max(unit.clock, judged);
  for (const auto& [where, index] : unit.instance_of) {
    const Instance& instance = unit.instances[index];
    if (rule && replay.fold().program().rules[instance.rule].id != *rule) continue;
    out.push_back({replay.fold().explain(unit, instance, replay.last_seq(), at), instance.since});
  }
  std::sort(out.begin(), out.end(), [](const Stood& a, const Stood& b) {
    return std::tie(a.now.rule, a.now.key) < std::tie(b.now.rule, b.now.key);
  });
  return out;
}

// As the discretion of the accused unit's viewers has it.
void put_discreetly(JsonWriter& out, const Warning& now, const Program& program,
                    const Access& access) {
  const std::string text = access.discretion().warning(to_json(now, program));
  for (const JsonMember& member : json_members(text).value_or(std::vector<JsonMember>())) {
    if (member.first == "values" || member.first == "because" || member.first == "withheld") {
      out.key(member.first).raw(member.second);
    }
  }
}

void put_level(JsonWriter& out, const Stood& stood, const Program& program, const Access& access) {
  const Warning& now = stood.now;
  out.begin_object().key("rule").string(now.rule).key("title");
  put(out, now.title);
  put_key(out, now.key.value_or(""));
  out.key("level").string(name(now.to)).key("grey").boolean(now.grey);
  if (now.missing_year != 0) {
    out.key("unknown");
    put(out, missing_year_words(now.missing_year));
  }
  if (now.shadow) out.key("shadow").boolean(true);
  out.key("since");
  if (stood.since == kNever) {
    out.null();
  } else {
    out.string(format_rfc3339(stood.since));
  }
  if (access.is_accused()) {
    put_discreetly(out, now, program, access);
    out.end_object();
    return;
  }
  out.key("values").begin_object();
  for (const NamedFact& value : now.values) {
    out.key(value.name);
    put(out, value.value);
  }
  out.end_object().key("because");
  put(out, now.because);
  out.end_object();
}

// Of the units that the caller sees.
void put_totals(JsonWriter& json, const Board& board, const Access& access) {
  std::size_t total = board.units().size(), grey = board.grey();
  std::array<std::size_t, kLevels> colours{};
  for (std::size_t level = 0; level < kLevels; ++level) {
    colours[level] = board.of_colour(static_cast<Level>(level));
  }
  if (access.is_limited()) {
    total = grey = 0;
    colours = {};
    for (const std::string& id : access.units()) {
      const auto unit = board.units().find(id);
      if (unit == board.units().end()) continue;
      ++total;
      ++colours[static_cast<std::size_t>(unit->second.colour)];
      if (unit->second.grey) ++grey;
    }
  }
  json.key("total").unsigned_integer(total).key("colours").begin_object();
  for (const Level level : {Level::green, Level::yellow, Level::red}) {
    json.key(name(level)).unsigned_integer(colours[static_cast<std::size_t>(level)]);
  }
  json.end_object().key("grey").unsigned_integer(grey);
}

http::Response unknown_unit(const std::string& unit) {
  return http::problem(404, "unit", "there is no unit '" + unit + "' in the log or the register");
}

void put_cases(JsonWriter& out, const std::string& unit, const Casebook& casebook,
               const DutyTable& duties) {
  out.key("open_cases").begin_array();
  for (const Case* c : casebook.open_cases(unit)) {
    out.raw(to_json(unit, *c, casebook.is_flapping(unit, {c->rule, c->key}), duties));
  }
  out.end_array();
}

http::Response explained(const std::string& unit, const Access& access, const UnitState& state,
                         const Replay& replay, const Casebook& casebook, Instant judged,
                         const std::optional<std::string>& rule) {
  const auto all = standing(state, replay, judged, rule);
  if (rule && all.empty()) {
    return http::problem(404, "rule", "the unit has no judgement of the rule '" + *rule + "'");
  }
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("unit").string(unit).key("at").string(
      format_rfc3339(std::max(state.clock, judged)));
  const Program& program = replay.fold().program();
  const UnitColour colour = casebook.colour(unit);
  json.key("colour").string(name(colour.shown));
  put_colour(json, colour, program);
  put_cases(json, unit, casebook, DutyTable(program));
  json.key("explanations").begin_array();
  for (const Stood& stood : all) json.raw(access.warning(to_json(stood.now, program)));
  json.end_array().end_object();
  return out;
}

}  // namespace

http::Response list_units(const http::Request& request, const Access& access, Live& live) {
  const auto limit = number_parameter(request, "limit", kPage, kMostPage);
  if (!limit) return limit.error();
  const auto colour = level_parameter(request, "colour");
  if (!colour) return colour.error();
  const auto with_cases = flag_parameter(request, "cases");
  if (!with_cases) return with_cases.error();
  const auto& units = live.board().units();
  const auto cursor = request.parameter("cursor");
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("units").begin_array();
  std::size_t given = 0, scanned = 0;
  std::string last;
  bool over = true;
  // False: the page is full.
  const auto visit = [&](const std::string& id, const BoardUnit& unit) {
    if (given == *limit || scanned == kMostScanned) return over = false;
    ++scanned;
    last = id;
    if (*colour && unit.colour != **colour) return true;
    put_row(json, id, unit, live, *with_cases, access);
    ++given;
    return true;
  };
  if (access.is_limited()) {  // what it does not see is not looked at: neither page nor time tells
    const auto& visible = access.units();
    for (auto at = cursor ? visible.upper_bound(*cursor) : visible.begin(); at != visible.end();
         ++at) {
      const auto unit = units.find(*at);
      if (unit != units.end() && !visit(unit->first, unit->second)) break;
    }
  } else {
    for (auto at = cursor ? units.upper_bound(*cursor) : units.begin(); at != units.end(); ++at) {
      if (!visit(at->first, at->second)) break;
    }
  }
  json.end_array().key("next");
  if (over) {
    json.null();
  } else {
    json.string(last);
  }
  put_totals(json, live.board(), access);
  if (*with_cases) {
    put_case_counts(json, live, access);
    if (!access.is_limited()) put_sources(json, live);
  }
  json.end_object();
  const auto part = [](std::uint64_t n) { return "-" + std::to_string(n); };
  // How long something is overdue, and since when a source is silent, changes with the clock.
  const std::string day = *with_cases ? "-" + std::to_string(micros(live.judged())) : "";
  return tagged(request,
                "u" + std::to_string(micros(live.started())) + part(live.log().next_seq()) +
                    part(live.position()) + part(live.feed().colour_head()) + part(live.steps()) +
                    day,
                std::move(out));
}

http::Response get_unit(const http::Request& request, const Access& access, Live& live) {
  const auto row = live.board().units().find(request.argument);
  if (row == live.board().units().end() || !access.sees(row->first)) {
    return unknown_unit(request.argument);
  }
  const auto unit = live.replay().unit(request.argument);
  if (!unit) return http::problem(500, "state", unit.error().what);
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("unit").string(request.argument);
  put_name(json, row->second);
  const UnitColour colour = live.casebook().colour(request.argument);
  json.key("colour").string(name(colour.shown));
  put_colour(json, colour, live.program());
  json.key("registered").boolean(row->second.registered).key("at");
  if (live.judged() == kBeforeAll) {
    json.null();
  } else {
    json.string(format_rfc3339(live.judged()));
  }
  json.key("levels").begin_array();
  if (*unit != nullptr) {
    for (const Stood& stood : standing(**unit, live.replay(), live.judged(), std::nullopt)) {
      put_level(json, stood, live.program(), access);
    }
  }
  json.end_array();
  put_cases(json, request.argument, live.casebook(), live.duties());
  json.end_object();
  return out;
}

http::Response explain_unit(const http::Request& request, const Access& access, Live& live) {
  const std::string id = request.parameter("unit").value_or("");
  if (!access.sees(id)) return unknown_unit(id);
  const auto unit = live.replay().unit(id);
  if (!unit) return http::problem(500, "state", unit.error().what);
  if (*unit == nullptr) return unknown_unit(id);
  return explained(id, access, **unit, live.replay(), live.casebook(), live.judged(),
                   request.parameter("rule"));
}

http::Response explain_unit_at(const http::Request& request, const Access& access,
                               const EventLog& log, const std::shared_ptr<const Program>& program,
                               const std::vector<RegisteredUnit>& units, Instant at) {
  const std::string id = request.parameter("unit").value_or("");
  if (!access.sees(id)) return unknown_unit(id);
  ReplayOptions options;
  options.identity_of = identity_hash;
  Desk desk(*program);
  options.admitted = [&](const Event& event, const LogEntry& entry, std::string_view unit) {
    desk.admitted(event, entry, unit);
  };
  options.grey = [&](const GreyChange& change) { desk.grey(change); };
  Replay replay(
      program, units, options, nullptr, [](const Warning&, std::string&) {},
      [&](const Leaving& leaving) {
        desk.left(leaving);
        return Status{};
      },
      [](const Rejection&) {});
  Status folded = refold(
      log, replay, {.until = at}, [](const Event&) {}, [](Seq) { return Status{}; });
  if (folded) folded = replay.judge_through(at);
  if (!folded) return http::problem(500, "replay", folded.error().what);
  desk.book(at, true);
  const auto unit = replay.unit(id);
  if (!unit || *unit == nullptr) return unknown_unit(id);
  return explained(id, access.under(*program), **unit, replay, desk.casebook(), at,
                   request.parameter("rule"));
}

}  // namespace lianqing
