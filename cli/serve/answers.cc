#include "cli/serve/answers.h"

#include <algorithm>
#include <chrono>

#include "cli/serve/audit_answers.h"
#include "cli/serve/dashboard.h"
#include "cli/serve/json_members.h"
#include "cli/serve/query.h"
#include "cli/serve/rule_answers.h"
#include "cli/serve/source_answers.h"
#include "cli/serve/token_answers.h"
#include "cli/serve/unit_answers.h"
#include "cli/serve/warning_answers.h"
#include "cli/serve/what_if.h"
#include "connectors/http/event_body.h"
#include "connectors/http/json_check.h"
#include "connectors/json_writer.h"

namespace lianqing {
namespace {

using http::Reply;
using http::Request;
using http::Response;
using http::RouteId;

constexpr std::chrono::seconds kMostSilence{10};  // of the writer's thread
constexpr Duration kMostLag{30'000'000};
constexpr int kMostFoldingBack = 8;
constexpr std::size_t kMostRemembered = 256;  // limited tokens whose units are kept

// One request's events and what they point into.
struct Ingest {
  Request request;
  Arena arena;
};

void put_result(JsonWriter& json, const Taken& taken) {
  json.begin_object();
  switch (taken.kind) {
    case Taken::Kind::appended: json.key("seq").unsigned_integer(taken.seq); break;
    case Taken::Kind::duplicate: json.key("duplicate_of").unsigned_integer(taken.seq); break;
    case Taken::Kind::refused:
      json.key("error").begin_object().key("code").string(taken.code);
      json.key("detail").string(taken.detail);
      json.key("position").unsigned_integer(taken.column).end_object();
      break;
  }
  json.end_object();
}

Response disk_full() {
  return http::try_later(507, "disk", "the disk of the log is nearly full; send it again later",
                         60);
}

Response ingest_answer(const Result<std::vector<Taken>>& taken) {
  if (!taken && taken.error().code == ErrorCode::full) return disk_full();
  if (!taken) {
    return http::try_later(503, "log",
                           "the log has stopped; what was sent may or may not be in it: send it "
                           "again with the same ids",
                           10);
  }
  Response out;
  JsonWriter json(out.body);
  json.begin_object().key("results").begin_array();
  for (const Taken& one : *taken) {
    if (one.kind == Taken::Kind::refused) out.status = 207;
    put_result(json, one);
  }
  json.end_array().end_object();
  return out;
}

// A token that stands for one source sends in no other's name, and one for some types sends no
// others: decisions and changes of the tree of units are events, too.
std::optional<Rejection> beyond_token(const http::Caller& caller, const Event& event) {
  const auto refused = [&event](std::string code, std::string detail) {
    return Rejection{std::move(code), std::move(detail), event.origin, 0,
                     std::string(event.raw.substr(0, kMaxRejectedBytes))};
  };
  if (!caller.source.empty() && event.source != caller.source) {
    return refused("source", "the token is that of another source: expected " + caller.source);
  }
  const auto& types = caller.types;
  if (types.empty() || std::find(types.begin(), types.end(), event.type) != types.end()) {
    return std::nullopt;
  }
  return refused("token_type", "the token may not send events of this type");
}

Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

// What a call changes, as the audit log names it; empty: nothing.
std::string change_of(RouteId route) {
  switch (route) {
    case RouteId::activate_rules: return "rules_activate";
    case RouteId::propose_rules: return "rules_propose";
    case RouteId::create_token: return "token_create";
    case RouteId::rotate_token: return "token_rotate";
    case RouteId::revoke_token: return "token_revoke";
    default: return {};
  }
}

// The pack or token that the answer to a change is about.
std::string object_of(const Response& answer) {
  for (const auto& [name, value] : json_members(answer.body).value_or(std::vector<JsonMember>())) {
    if (name != "hash" && name != "name") continue;
    return std::string(value.size() < 2 ? value : value.substr(1, value.size() - 2));
  }
  return {};
}

// The one place where answers to an accused unit's viewers lose their times of day.
Response discreet(const Request& request, const Access& access, Response answer) {
  answer.body = access.told(std::move(answer.body));
  const bool has_tag =
      request.route == RouteId::list_units || request.route == RouteId::list_warnings;
  if (!access.is_limited() || !has_tag || answer.status != 200) return answer;
  return tagged_by_content(request, std::move(answer));
}

Response overloaded() {
  return http::try_later(503, "busy", "too many questions wait: ask again shortly", 1);
}

}  // namespace

Answers::Answers(AnswersOptions options, Writer& writer, RuleSwitch& rules, Aside& aside,
                 TokenBook& tokens, AuditTrail& audit)
    : options_(std::move(options)),
      writer_(writer),
      rules_(rules),
      aside_(aside),
      tokens_(tokens),
      audit_(audit),
      proposals_(options_.data, *writer.log()),
      seal_(std::make_shared<const Seal>(Seal::of(*writer.log()))) {}

std::optional<http::Caller> Answers::caller_of(std::string_view token) {
  return tokens_.caller_of(token, wall());
}

void Answers::answer(Request request, Reply reply) {
  reply = noted(request, std::move(reply));
  switch (request.route) {
    case RouteId::post_events: return take_events(std::move(request), std::move(reply));
    case RouteId::list_units: return ask(std::move(request), std::move(reply), list_units);
    case RouteId::get_unit: return ask(std::move(request), std::move(reply), get_unit);
    case RouteId::explain: return explain(std::move(request), std::move(reply));
    case RouteId::list_warnings:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access& access) {
                         return list_warnings(asked, access, *writer_.log(), writer_.feed());
                       });
    case RouteId::get_warning:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access& access) {
                         return get_warning(asked, access, *writer_.log(), writer_.feed(), *seal_);
                       });
    case RouteId::list_quarantine:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return list_quarantine(asked, *writer_.log(), *writer_.rules()->program);
                       });
    case RouteId::list_audit:
      return run_aside(
          std::move(request), std::move(reply),
          [this](const Request& asked, const Access&) { return list_audit(asked, audit_.log()); });
    case RouteId::get_rules:
      return run_aside(std::move(request), std::move(reply), [this](const Request&, const Access&) {
        return get_rules(*writer_.rules(), rules_.state(), options_.rules);
      });
    case RouteId::check_rules:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return check_rules(asked, options_.rules);
                       });
    case RouteId::whatif: return take_whatif(std::move(request), std::move(reply));
    case RouteId::activate_rules:
      return with_room(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return activate_rules(asked, options_.rules, rules_, proposals_, ruling());
                       });
    case RouteId::propose_rules:
      return with_room(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return propose_rules(asked, options_.rules, proposals_, ruling());
                       });
    case RouteId::list_proposals:
      return run_aside(std::move(request), std::move(reply), [this](const Request&, const Access&) {
        return list_proposals(proposals_, ruling());
      });
    case RouteId::get_proposal:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return get_proposal(asked, proposals_, ruling());
                       });
    case RouteId::list_tokens:
      return run_aside(std::move(request), std::move(reply), [this](const Request&, const Access&) {
        return list_tokens(tokens_.path(), wall());
      });
    case RouteId::create_token:
    case RouteId::rotate_token:
    case RouteId::revoke_token:
      return run_aside(std::move(request), std::move(reply),
                       [this](const Request& asked, const Access&) {
                         return change_token(asked, tokens_.path(), wall());
                       });
    case RouteId::list_sources: return reply(list_sources(sources()));
    case RouteId::metrics: return reply(metrics());
    case RouteId::health: return reply(health());
    case RouteId::ready: return reply(ready());
    case RouteId::openapi: return reply(Response::json(http::openapi(LIANQING_VERSION)));
    case RouteId::dashboard: return reply(dashboard_page());
    case RouteId::dashboard_script: return reply(dashboard_script());
    case RouteId::dashboard_style: return reply(dashboard_style());
    case RouteId::stream: return reply(Response{200, "text/event-stream", {}, {}});  // HEAD
  }
}

void Answers::take_events(Request request, Reply reply) {
  if (ending_) return reply(http::try_later(503, "ending", "the daemon is ending", 5));
  const DiskGauges space = disk();
  if (space.free_bytes < space.reserve_bytes) return reply(disk_full());
  const auto ingest = std::make_shared<Ingest>();
  ingest->request = std::move(request);
  const auto texts = http::event_texts(ingest->request);
  if (!texts) return reply(texts.error());
  Batch batch;
  batch.bytes = ingest->request.body.size();
  std::string beyond;  // why the token was not good for one of them
  for (std::size_t i = 0; i < texts->texts.size(); ++i) {
    const std::string_view text = texts->texts[i];
    Record record = decoder_.decode(text, {0, i + 1, 0}, ingest->arena, true);
    if (auto* event = std::get_if<Event>(&record)) {
      event->raw = ingest->arena.copy(text);
      if (auto fault = beyond_token(ingest->request.caller, *event)) {
        beyond = fault->code;
        record = *std::move(fault);
      }
    } else if (texts->one_text && !http::is_json(text)) {
      const auto& rejection = std::get<Rejection>(record);
      return reply(http::problem(400, "json",
                                 "record " + std::to_string(i) + " is not JSON, at its byte " +
                                     std::to_string(rejection.column) + ": " + rejection.detail +
                                     "; nothing was taken"));
    }
    batch.records.push_back(std::move(record));
  }
  if (batch.records.empty()) return reply(ingest_answer(std::vector<Taken>{}));
  if (!beyond.empty()) {
    const http::Caller& caller = ingest->request.caller;
    audit_.note({"denied",
                 caller.name,
                 std::string(name(caller.role)),
                 "POST /v1/events",
                 {},
                 beyond,
                 {},
                 {}});
  }
  ingest->request.body = {};
  batch.memory = ingest;
  batch.done = [reply](const Result<std::vector<Taken>>& taken) { reply(ingest_answer(taken)); };
  if (!writer_.submit(std::move(batch))) {
    reply(http::try_later(429, "queue", "too many events wait for their commit: send again", 1));
  }
}

// ---- who sees what

std::shared_ptr<const Discretion> Answers::discretion() {
  const auto program = writer_.rules()->program;
  const std::lock_guard hold(access_lock_);
  if (discreet_about_ != program) {
    discretion_ = std::make_shared<const Discretion>(*program);
    discreet_about_ = program;
  }
  return discretion_;
}

// Nothing: the tree has changed since somebody with these units asked.
std::optional<Access> Answers::known_access(const http::Caller& caller) {
  if (!caller.is_limited()) return Access();
  std::shared_ptr<const VisibleUnits> units;
  {
    const std::lock_guard hold(access_lock_);
    const auto found = visible_.find(caller.units);
    if (found == visible_.end()) return std::nullopt;
    units = found->second;
  }
  if (units->tree_version != writer_.tree_version()) return std::nullopt;
  return Access(caller, std::move(units), discretion(), seal_);
}

// On the engine's thread, which has the tree.
Access Answers::access(const http::Caller& caller, const Live& live) {
  if (auto known = known_access(caller)) return *std::move(known);
  auto units = visible_units(caller, live.board());
  {
    const std::lock_guard hold(access_lock_);
    if (visible_.size() >= kMostRemembered) visible_.clear();
    visible_[caller.units] = units;
  }
  return Access(caller, std::move(units), discretion(), seal_);
}

bool Answers::with_access(const http::Caller& caller, std::function<void(Access)> then) {
  if (auto known = known_access(caller)) {
    then(*std::move(known));
    return true;
  }
  return writer_.ask(
      [this, caller, then = std::move(then)](const Live& live) { then(access(caller, live)); });
}

// ---- what the audit log is told

void Answers::admitted(const http::Caller& caller, const std::string& peer) {
  if (!logins_.begins(caller, peer, Logins::Clock::now())) return;
  AuditNote note;
  note.what = "login";
  note.who = caller.name;
  note.role = name(caller.role);
  note.peer = peer;
  audit_.note(std::move(note));
}

void Answers::denied(const http::Denial& denial) {
  AuditNote note{"denied",    denial.caller.name,
                 {},          denial.method + " " + denial.path,
                 {},          std::to_string(denial.status),
                 denial.peer, {}};
  if (!denial.caller.name.empty()) note.role = name(denial.caller.role);
  audit_.note(std::move(note));
}

// What was about one unit or warning names it only if it is there: else it is a text from outside.
http::Reply Answers::noted(const http::Request& request, http::Reply reply) {
  const std::string change = change_of(request.route);
  const bool changes = !change.empty();
  bool confidential = false;
  std::string path;
  for (const http::Route& route : http::routes()) {
    if (route.id != request.route) continue;
    confidential = route.confidential;
    path = route.path;
  }
  if (!confidential && !changes) return reply;
  AuditNote note{changes ? change : "read",
                 request.caller.name,
                 std::string(name(request.caller.role)),
                 request.method + " " + path,
                 {},
                 {},
                 {},
                 {}};
  std::string object = request.argument;
  if (request.route == RouteId::explain) object = request.parameter("unit").value_or("");
  return
      [this, note, changes, object = std::move(object), reply = std::move(reply)](Response answer) {
        AuditNote done = note;
        if (answer.status < 300) done.object = changes ? object_of(answer) : object;
        done.result = std::to_string(answer.status);
        if (answer.status < 500) audit_.note(std::move(done), !changes);
        reply(std::move(answer));
      };
}

void Answers::ask(Request request, Reply reply, Question question) {
  if (!writer_.ask(
          [this, request = std::move(request), reply, question = std::move(question)](Live& live) {
            const Access may = access(request.caller, live);
            reply(discreet(request, may, question(request, may, live)));
          })) {
    reply(overloaded());
  }
}

void Answers::run_on(Aside& thread, Request request, Reply reply, Job job) {
  const http::Caller caller = request.caller;
  const bool asked = with_access(
      caller, [&thread, request = std::move(request), reply, job = std::move(job)](Access access) {
        const bool taken = thread.submit([request, reply, job, access = std::move(access)] {
          reply(discreet(request, access, job(request, access)));
        });
        if (!taken) reply(overloaded());
      });
  if (!asked) reply(overloaded());
}

// What keeps a pack.
void Answers::with_room(Request request, Reply reply, Job job) {
  const DiskGauges space = disk();
  if (space.free_bytes < space.reserve_bytes) return reply(disk_full());
  run_aside(std::move(request), std::move(reply), std::move(job));
}

RulingNow Answers::ruling() const { return {writer_.rules()->reigns.back().pack, writer_.now()}; }

void Answers::explain(Request request, Reply reply) {
  if (request.parameter("unit").value_or("").empty()) {
    return reply(http::problem(400, "parameter", "'unit' is needed: the id of a unit"));
  }
  const auto at = instant_parameter(request, "at");
  if (!at) return reply(at.error());
  std::optional<Instant> then = *at;
  // Else the instants of changes could be found by asking often: they read days, as of their ends.
  if (then && Access::is_accused(request.caller)) {
    then = discretion()->end_of_day(*then);
    if (*then == discretion()->end_of_day(writer_.now())) then.reset();
  }
  if (!then) return ask(std::move(request), std::move(reply), explain_unit);
  // Each folds the log again: they are few, and keep nobody else waiting.
  if (++folding_back_ > kMostFoldingBack) {
    --folding_back_;
    return reply(http::try_later(503, "busy", "other questions about the past are answered", 10));
  }
  const Reply done = [this, reply = std::move(reply)](Response answer) {
    --folding_back_;
    reply(std::move(answer));
  };
  run_on(folds_, std::move(request), done,
         [this, at = *then](const Request& asked, const Access& access) {
           if (ending_) return http::try_later(503, "ending", "the daemon is ending", 5);
           const auto program = program_at(options_.data, *writer_.rules(), at);
           if (!program) return http::problem(500, "rules", program.error().what);
           return explain_unit_at(asked, access, *writer_.log(), *program, options_.units, at);
         });
}

// One at a time: the base from the engine's thread, then the fold on a thread of its own.
void Answers::take_whatif(Request request, Reply reply) {
  if (whatif_busy_.exchange(true)) {
    return reply(http::try_later(503, "busy", "another what-if is being computed", 10));
  }
  const Reply done = [this, reply = std::move(reply)](Response response) {
    whatif_busy_ = false;
    reply(std::move(response));
  };
  auto body = http::whatif_body(request);
  if (!body) return done(body.error());
  const bool asked = writer_.ask([this, done, body = *std::move(body)](Live& live) {
    auto base = std::make_shared<RunningLevels>(running_levels(live));
    const bool taken = folds_.submit([this, done, body, base, program = live.shared_program()] {
      const auto changed = whatif_program(body, *program, options_.rules);
      if (!changed) return done(changed.error());
      done(what_if({program, *changed, body.params, options_.units, body.days, &ending_}, *base,
                   *writer_.log()));
    });
    if (!taken) done(overloaded());
  });
  if (!asked) done(overloaded());
}

std::vector<SourceStanding> Answers::sources() const {
  return intake_ == nullptr ? std::vector<SourceStanding>{} : intake_->standing();
}

DiskGauges Answers::disk() const { return disk_gauges(options_.data, options_.reserve_bytes); }

Response Answers::metrics() const {
  Response out;
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = metrics_text(writer_.gauges(), writer_.queue(), disk(),
                          server_ == nullptr ? http::Traffic{} : server_->traffic()) +
             rule_metrics(rules_.state()) + source_metrics(sources()) +
             audit_metrics(audit_.gauges()) +
             (sinks_ == nullptr ? std::string() : sink_metrics(sinks_->gauges(), writer_.now()));
  return out;
}

Response Answers::health() const {
  const bool alive = std::chrono::steady_clock::now() - writer_.alive_at() < kMostSilence;
  const bool good = alive && !writer_.failed();
  return Response::json(good ? R"({"status":"ok"})" : R"({"status":"stuck"})", good ? 200 : 503);
}

Response Answers::ready() const {
  const EngineGauges engine = writer_.gauges();
  const DiskGauges space = disk();
  const bool log = !writer_.failed(), room = space.free_bytes >= space.reserve_bytes;
  const bool current = engine.now - engine.judged < kMostLag;
  const bool alive = std::chrono::steady_clock::now() - writer_.alive_at() < kMostSilence;
  const bool good = log && room && current && alive && !ending_;
  Response out = Response::json({}, good ? 200 : 503);
  JsonWriter json(out.body);
  json.begin_object().key("ready").boolean(good).key("log").boolean(log);
  json.key("disk").boolean(room).key("fold_current").boolean(current && alive);
  json.key("rules_differ").boolean(rules_.state().disk.since.has_value());
  json.key("ending").boolean(ending_).key("records").unsigned_integer(engine.records);
  json.key("position").unsigned_integer(engine.position);
  json.key("calendar_lacks").begin_array();
  for (const auto& [year, units] : engine.missing_years) json.raw(std::to_string(year));
  json.end_array();
  put_source_readiness(sources(), json);
  json.end_object();
  return out;
}

// ---- streams

void Answers::open_stream(const http::Caller& caller, std::optional<std::uint64_t> seen,
                          std::function<void(http::StreamOpening)> opened) {
  audit_.note(
      {"read", caller.name, std::string(name(caller.role)), "GET /v1/stream", {}, "200", {}, {}});
  const StreamFeed& feed = writer_.feed();
  if (seen && caller.is_limited()) seen = seal_->open(*seen);
  if (seen && *seen < UINT64_MAX && *seen + 1 >= feed.first() && *seen <= feed.head()) {
    http::StreamOpening out;
    out.snapshot = false;
    out.place = {*seen, feed.colour_head()};
    return opened(std::move(out));
  }
  const bool asked = writer_.ask([this, caller, opened](Live& live) {
    const Access may = access(caller, live);
    http::StreamOpening out;
    out.levels = live.board().levels([&may](const std::string& unit) { return may.sees(unit); });
    for (std::string& level : out.levels) level = may.told(std::move(level));
    out.place = {live.position(), live.feed().colour_head()};
    out.marker = may.place(out.place.warning);
    opened(std::move(out));
  });
  if (asked) return;
  http::StreamOpening out;
  out.refusal = overloaded();
  opened(std::move(out));
}

void Answers::read_stream(const http::Caller& caller, http::StreamPlace seen,
                          std::function<void(http::StreamPage)> read) {
  const bool asked = with_access(
      caller, [this, seen, read](Access access) { read_visible(std::move(access), seen, read); });
  if (asked) return;
  http::StreamPage lost;
  lost.start_over = true;
  read(std::move(lost));
}

void Answers::read_visible(Access access, http::StreamPlace seen,
                           std::function<void(http::StreamPage)> read) {
  const StreamFeed& feed = writer_.feed();
  http::StreamPage lost;
  lost.start_over = true;
  auto colours = feed.colours_behind(seen.colour);
  if (seen.warning + 1 < feed.first() || !colours) return read(std::move(lost));
  const auto answer = [read, access = std::move(access),
                       colours = *std::move(colours)](std::vector<Positioned> warnings) {
    http::StreamPage out = stream_page(access, std::move(warnings));
    for (const auto& [number, colour] : colours) {
      if (access.sees_text(colour)) out.colours.push_back(access.told(colour));
      out.reached.colour = number;
    }
    read(std::move(out));
  };
  if (auto page = feed.behind(seen.warning)) return answer(*std::move(page));
  const bool asked = aside_.submit([this, seen, answer, read, lost] {
    auto page = writer_.log()->warnings(seen.warning + 1, StreamFeed::kPage);
    if (!page) return read(lost);
    answer(*std::move(page));
  });
  if (!asked) read(std::move(lost));
}

}  // namespace lianqing
