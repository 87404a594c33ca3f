#include "cli/serve/what_if.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "cli/pack_files.h"
#include "cli/serve/warning_text.h"
#include "connectors/content_hash.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostListed = 1000;  // changes in an answer
constexpr std::uint64_t kPage = 512;       // stored warnings read at a time
constexpr int kNice = 10;                  // ingest goes first

WhatIfPlace place_of(const std::string& unit, const std::string& rule, const std::string& key,
                     bool keyed) {
  return {json_string(unit), json_string(rule), keyed ? json_string(key) : "null"};
}

// The levels above green now, and the highest of each place in the period.
struct Side {
  std::map<WhatIfPlace, Level> now, highest;

  void raise(const WhatIfPlace& place, Level level) {
    if (level == Level::green) return;
    Level& highest_yet = highest[place];
    highest_yet = std::max(highest_yet, level);
  }
};

// Of the running rules, the highest by the stored warnings behind `since`.
Status read_period(const RunningLevels& base, const EventLog& log, Instant since, Side& side) {
  for (std::uint64_t end = base.position + 1; end > base.first;) {
    const std::uint64_t from = end - base.first > kPage ? end - kPage : base.first;
    LQ_TRY(const auto page, log.warnings(from, static_cast<std::size_t>(end - from)));
    for (auto at = page.rbegin(); at != page.rend(); ++at) {
      const auto text = read_warning_text(at->second);
      if (!text || text->shadow) continue;
      const auto time = parse_rfc3339(text->time);
      if (!time || *time <= since) return {};
      const WhatIfPlace place{text->unit, text->rule, text->key};
      for (const std::string_view side_of : {text->from, text->to}) {
        side.raise(place, level_named(side_of).value_or(Level::green));
      }
    }
    end = from;
  }
  return {};
}

Status fold(const WhatIfRequest& request, const RunningLevels& base, const EventLog& log,
            Instant since, Side& side) {
  ReplayOptions options;
  options.identity_of = identity_hash;
  options.fold.outlook = false;
  options.fold.evidence = 0;
  bool begun = false;  // the period
  const auto begin = [&] {
    if (std::exchange(begun, true)) return;
    for (const auto& [place, level] : side.now) side.raise(place, level);
  };
  Replay replay(
      request.changed, request.units, options, nullptr, [](const Warning&, std::string&) {},
      [&](const Leaving& leaving) {
        if (leaving.shadow) return Status{};
        const WhatIfPlace place = place_of(leaving.unit, leaving.rule, leaving.key, leaving.keyed);
        if (leaving.time > since) {
          begin();
          side.raise(place, leaving.from);
          side.raise(place, leaving.to);
        }
        if (leaving.to == Level::green) {
          side.now.erase(place);
        } else {
          side.now[place] = leaving.to;
        }
        return Status{};
      },
      [](const Rejection&) {});
  Status done = refold(
      log, replay, {.to = base.records}, [](const Event&) {},
      [&](Seq) -> Status {
        if (!*request.ending) return {};
        return failure(ErrorCode::refused, "the daemon is ending");
      });
  if (done && base.judged != kBeforeAll) done = replay.judge_through(base.judged);
  begin();
  return done;
}

using Counts3 = std::array<std::size_t, kLevels>;

std::map<std::string, Level> by_unit(const std::map<WhatIfPlace, Level>& levels) {
  std::map<std::string, Level> out;
  for (const auto& [place, level] : levels) {
    Level& highest = out[std::get<0>(place)];
    highest = std::max(highest, level);
  }
  return out;
}

template <class Key>
Counts3 count(const std::map<Key, Level>& levels) {
  Counts3 out{};
  for (const auto& [place, level] : levels) ++out[static_cast<std::size_t>(level)];
  return out;
}

void put_counts(JsonWriter& json, std::string_view member, const Counts3& counts,
                std::optional<std::size_t> all) {
  json.key(member).begin_object();
  if (all) json.key("green").unsigned_integer(*all - std::min(*all, counts[1] + counts[2]));
  json.key("yellow").unsigned_integer(counts[1]).key("red").unsigned_integer(counts[2]);
  json.end_object();
}

template <class Key>
std::vector<std::tuple<Key, Level, Level>> differences(const std::map<Key, Level>& before,
                                                       const std::map<Key, Level>& after) {
  std::vector<std::tuple<Key, Level, Level>> out;
  std::set<Key> places;
  for (const auto* side : {&before, &after}) {
    for (const auto& [place, level] : *side) places.insert(place);
  }
  const auto at = [](const std::map<Key, Level>& side, const Key& place) {
    const auto found = side.find(place);
    return found == side.end() ? Level::green : found->second;
  };
  for (const Key& place : places) {
    const Level from = at(before, place), to = at(after, place);
    if (from != to) out.emplace_back(place, from, to);
  }
  return out;
}

void put_change(JsonWriter& json, Level from, Level to) {
  json.key("from").string(name(from)).key("to").string(name(to)).end_object();
}

void put_comparison(JsonWriter& json, std::string_view member,
                    const std::map<WhatIfPlace, Level>& running,
                    const std::map<WhatIfPlace, Level>& changed, std::size_t units) {
  const auto units_before = by_unit(running), units_after = by_unit(changed);
  json.key(member).begin_object().key("rules").begin_object();
  put_counts(json, "running", count(running), std::nullopt);
  put_counts(json, "changed", count(changed), std::nullopt);
  json.end_object().key("units").begin_object();
  put_counts(json, "running", count(units_before), units);
  put_counts(json, "changed", count(units_after), units);
  const auto rules = differences(running, changed);
  const auto colours = differences(units_before, units_after);
  json.end_object().key("unit_changes").begin_array();
  for (std::size_t i = 0; i < std::min(colours.size(), kMostListed); ++i) {
    const auto& [unit, from, to] = colours[i];
    json.begin_object().key("unit").raw(unit);
    put_change(json, from, to);
  }
  json.end_array().key("unit_changes_total").unsigned_integer(colours.size());
  json.key("changes").begin_array();
  for (std::size_t i = 0; i < std::min(rules.size(), kMostListed); ++i) {
    const auto& [place, from, to] = rules[i];
    json.begin_object().key("unit").raw(std::get<0>(place));
    json.key("rule").raw(std::get<1>(place)).key("key").raw(std::get<2>(place));
    put_change(json, from, to);
  }
  json.end_array().key("changes_total").unsigned_integer(rules.size()).end_object();
}

Unexpected<http::Response> refuse(int status, std::string_view code, const std::string& detail) {
  return Unexpected<http::Response>(http::problem(status, code, detail));
}

Unexpected<http::Response> mistakes(const Diagnostics& findings) {
  std::string first;
  for (const Diagnostic& finding : findings) {
    if (finding.severity == Severity::error) {
      first = finding.message.in(false);
      break;
    }
  }
  return refuse(400, "pack",
                "the rules do not compile: " + first + "; POST /v1/rules/check tells all findings");
}

// A name or number stands for itself (durations are written so), anything else is quoted.
std::string yaml_value(const std::string& json) {
  if (json.size() < 2 || json.front() != '"') return json;
  const std::string inner = json.substr(1, json.size() - 2);
  const bool plain = !inner.empty() && std::all_of(inner.begin(), inner.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == ' ' || c == '_';
  });
  return plain ? inner : json;
}

}  // namespace

RunningLevels running_levels(Live& live) {
  RunningLevels out;
  out.records = live.log().next_seq();
  out.judged = live.judged();
  out.first = live.feed().first();
  out.position = live.position();
  out.units = live.board().units().size();
  for (const auto& [unit, row] : live.board().units()) {
    for (const auto& [where, standing] : row.standing) {
      if (standing.shadow) continue;
      out.levels.emplace(place_of(unit, where.first, where.second, !where.second.empty()),
                         standing.level);
    }
  }
  return out;
}

Outcome<std::shared_ptr<const Program>, http::Response> whatif_program(
    const http::WhatIfBody& body, const Program& running, const std::string& pack_path) {
  PackTexts texts;
  if (body.files.empty()) {
    auto disk = read_pack_texts(pack_path);
    if (!disk) return refuse(409, "disk", disk.error().what);
    texts = *std::move(disk);
  } else {
    auto sent = complete_pack(body.files, pack_path);
    if (!sent) return refuse(422, "extends", sent.error().what);
    texts = *std::move(sent);
  }
  std::vector<SourceText>& files = texts.files;
  const auto base = compile_pack(files, texts.calendars);
  if (!base) return mistakes(base.error());
  if (body.files.empty() && (*base)->hash != running.hash) {
    return refuse(409, "disk",
                  "the pack on disk is not the one that runs: take it up first, or send a whole "
                  "pack in files");
  }
  if (body.params.empty()) return *base;
  std::string layer = "version: 1\nparams: {";
  for (const auto& [name, value] : body.params) {
    const auto& params = (*base)->params;
    if (std::none_of(params.begin(), params.end(),
                     [&name = name](const Param& param) { return param.name == name; })) {
      std::string known;
      for (const Param& param : params) known += (known.empty() ? "" : ", ") + param.name;
      return refuse(400, "params", "the pack has no param '" + name + "'; there are: " + known);
    }
    layer += json_string(name) + ": " + yaml_value(value) + ", ";
  }
  for (SourceText& file : files) ++file.layer;
  files.insert(files.begin(), {"whatif.yaml", layer + "}\n", 0});
  const auto changed = compile_pack(files, texts.calendars);
  if (!changed) return mistakes(changed.error());
  return *changed;
}

http::Response what_if(const WhatIfRequest& request, const RunningLevels& base,
                       const EventLog& log) {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);  // of this thread
  const Instant since =
      request.days == 0 ? kNever : base.judged - days(static_cast<std::int64_t>(request.days));
  Side running, changed;
  running.now = base.levels;
  Status done;
  if (request.days != 0) {
    for (const auto& [place, level] : base.levels) running.raise(place, level);
    done = read_period(base, log, since, running);
  }
  if (done) done = fold(request, base, log, since, changed);
  if (!done && *request.ending) return http::try_later(503, "ending", done.error().what, 5);
  if (!done) return http::problem(500, "replay", done.error().what);
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("at");
  if (base.judged == kBeforeAll) {
    json.null();
  } else {
    json.string(format_rfc3339(base.judged));
  }
  json.key("records").unsigned_integer(base.records);
  json.key("running").string(hex(request.running->hash));
  json.key("changed").string(hex(request.changed->hash)).key("params").begin_object();
  for (const auto& [name, value] : request.params) json.key(name).raw(value);
  json.end_object();
  put_comparison(json, "now", running.now, changed.now, base.units);
  json.key("days");
  if (request.days == 0) {
    json.null();
  } else {
    json.unsigned_integer(request.days);
    put_comparison(json, "period", running.highest, changed.highest, base.units);
  }
  json.end_object();
  return out;
}

}  // namespace lianqing
