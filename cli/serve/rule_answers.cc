#include "cli/serve/rule_answers.h"

#include "cli/json_parts.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "connectors/http/pack_body.h"
#include "lianqing/ruleset.h"

namespace lianqing {
namespace {

std::string_view status_name(RuleStatus status) {
  switch (status) {
    case RuleStatus::draft: return "draft";
    case RuleStatus::shadow: return "shadow";
    case RuleStatus::active: return "active";
    case RuleStatus::retired: return "retired";
  }
  return {};
}

std::string_view trimmed(std::string_view json) {
  while (json.ends_with('\n')) json.remove_suffix(1);
  return json;
}

// Gives the hash of what is on disk, if it compiles.
std::optional<std::string> put_disk(JsonWriter& json, const std::string& pack_path) {
  const auto texts = read_pack_texts(pack_path);
  if (!texts) {
    json.key("on_disk").null().key("on_disk_error").string(texts.error().what);
    return std::nullopt;
  }
  const auto program = compile_pack(texts->files, texts->calendars);
  if (program) {
    std::string hash = hash_text(**program);
    json.key("on_disk").string(hash);
    return hash;
  }
  json.key("on_disk").null().key("on_disk_findings");
  json.raw(trimmed(render_json(program.error(), texts->all())));
  return std::nullopt;
}

void put_instant(JsonWriter& json, std::optional<Instant> t) {
  if (t && *t != kBeforeAll) {
    json.string(format_rfc3339(*t));
  } else {
    json.null();
  }
}

void put_backfill(JsonWriter& json, const RuleState& state) {
  json.key("backfill");
  if (!state.backfill) {
    json.null();
  } else {
    const Backfill& fill = *state.backfill;
    json.begin_object().key("hash").string(fill.hash).key("since");
    put_instant(json, fill.since);
    json.key("cause").string(fill.activation.cause).key("by").string(fill.activation.by);
    json.key("records").unsigned_integer(fill.done).key("of").unsigned_integer(fill.of);
    json.end_object();
  }
  json.key("awaiting_second");
  if (!state.awaited) {
    json.null();
  } else {
    json.begin_object().key("hash").string(state.awaited->hash).key("at");
    put_instant(json, state.awaited->at);
    json.key("by").string(state.awaited->by).key("reason").string(state.awaited->reason);
    json.end_object();
  }
  json.key("refused");
  if (!state.refused) {
    json.null();
  } else {
    json.begin_object().key("at");
    put_instant(json, state.refused->at);
    json.key("cause").string(state.refused->cause).key("why").string(state.refused->why);
    json.end_object();
  }
}

// With what RFC 9457 asks for and the findings of `check` beside it.
http::Response refused_pack(const Diagnostics& findings, const PackTexts& texts) {
  http::Response out;
  out.status = 422;
  out.content_type = "application/problem+json";
  JsonWriter json(out.body);
  json.begin_object().key("type").string("about:blank");
  json.key("title").string(http::reason_phrase(out.status)).key("status").integer(out.status);
  json.key("code").string("rules");
  json.key("detail").string("the pack has mistakes; the rules that rule go on: " +
                            render_counts(findings, false));
  json.key("findings").raw(trimmed(render_json(findings, texts.all()))).end_object();
  return out;
}

http::Response taken(RuleSwitch::Answer answer, const std::string& hash) {
  if (answer == RuleSwitch::Answer::busy) {
    return http::try_later(409, "busy",
                           "another pack is being taken up: wait until it rules, or activate the "
                           "one that rules to drop it",
                           5);
  }
  const bool runs = answer == RuleSwitch::Answer::runs;
  http::Response out;
  out.status = runs ? 200 : 202;
  JsonWriter json(out.body);
  json.begin_object().key("hash").string(hash);
  json.key("state").string(runs                                    ? "running"
                           : answer == RuleSwitch::Answer::awaited ? "awaiting_second"
                                                                   : "folding");
  json.end_object();
  return out;
}

http::Response no_proposal(const std::string& hash) {
  return http::problem(404, "proposal",
                       "no pack " + hash + " is proposed: see /v1/rules/proposals");
}

void put_proposal(JsonWriter& json, const RuleProposal& one) {
  json.key("hash").string(one.hash).key("at").string(format_rfc3339(one.at));
  json.key("by").string(one.by).key("reason").string(one.reason);
}

}  // namespace

http::Response get_rules(const RulesNow& now, const RuleState& state,
                         const std::string& pack_path) {
  const Program& running = *now.program;
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("pack").string(running.pack).key("title");
  put(json, running.title);
  json.key("running").string(hash_text(running)).key("since");
  put_instant(json, now.reigns.back().from);
  const auto on_disk = put_disk(json, pack_path);
  json.key("differs").boolean(on_disk != hash_text(running)).key("differs_since");
  put_instant(json, on_disk == hash_text(running) ? std::nullopt : state.disk.since);
  put_backfill(json, state);
  json.key("history").begin_array();
  for (const Reign& reign : now.reigns) {
    json.begin_object().key("hash").string(reign.pack).key("from");
    put_instant(json, reign.from);
    json.end_object();
  }
  json.end_array();
  json.key("rules").begin_array();
  for (const Rule& rule : running.rules) {
    json.begin_object().key("rule").string(rule.id).key("title");
    put(json, rule.title);
    json.key("group").string(rule.group).key("owner").string(rule.owner);
    json.key("status").string(status_name(rule.status)).key("levels").begin_array();
    for (const Level level : {Level::yellow, Level::red}) {
      if (rule.levels[static_cast<std::size_t>(level)].present) json.string(name(level));
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

http::Response check_rules(const http::Request& request, const std::string& pack_path) {
  auto files = http::pack_files(request);
  if (!files) return files.error();
  const auto texts = complete_pack(*std::move(files), pack_path);
  if (!texts) return http::problem(422, "extends", texts.error().what);
  Diagnostics findings;
  const auto program = compile_pack(texts->files, texts->calendars, &findings);
  if (!program) findings = program.error();
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("ok").boolean(program.has_value()).key("hash");
  if (program) {
    json.string(hash_text(**program));
  } else {
    json.null();
  }
  json.key("findings").raw(trimmed(render_json(findings, texts->all()))).end_object();
  return out;
}

http::Response activate_rules(const http::Request& request, const std::string& pack_path,
                              RuleSwitch& rules, Proposals& proposals, const RulingNow& ruling) {
  auto body = http::activation_body(request);
  if (!body) return body.error();
  Activation activation{request.caller.name, "api", body->reason};
  ReadPack pack;
  if (!body->proposal.empty()) {
    const auto proposal = proposals.find(body->proposal, ruling);
    if (!proposal) return no_proposal(body->proposal);
    if (proposal->by == activation.by) {
      return http::problem(403, "same_person",
                           "who has proposed a pack does not activate it: another rule_approver "
                           "does");
    }
    auto texts = proposals.texts(proposal->hash);
    if (!texts) return http::problem(422, "rules", texts.error().what);
    pack.texts = *std::move(texts);
    activation.by = proposal->by + ", " + activation.by;
    activation.reason = proposal->reason + "; " + activation.reason;
  } else if (body->files.empty()) {
    auto texts = read_pack_texts(pack_path);
    if (!texts) return http::problem(422, "rules", texts.error().what);
    pack.texts = *std::move(texts);
  } else {
    auto texts = complete_pack(std::move(body->files), pack_path);
    if (!texts) return http::problem(422, "extends", texts.error().what);
    pack.texts = *std::move(texts);
  }
  auto program = compile_pack(pack.texts.files, pack.texts.calendars);
  if (!program) {
    rules.refuse(activation, render_counts(program.error(), false));
    return refused_pack(program.error(), pack.texts);
  }
  pack.program = *std::move(program);
  const std::string hash = hash_text(*pack.program);
  return taken(rules.propose(std::move(pack), activation, !body->proposal.empty()), hash);
}

http::Response propose_rules(const http::Request& request, const std::string& pack_path,
                             Proposals& proposals, const RulingNow& ruling) {
  auto body = http::activation_body(request);
  if (!body) return body.error();
  if (body->files.empty()) {
    return http::problem(400, "pack", "a proposal has its files: {\"reason\", \"files\"}");
  }
  const auto texts = complete_pack(std::move(body->files), pack_path);
  if (!texts) return http::problem(422, "extends", texts.error().what);
  const auto program = compile_pack(texts->files, texts->calendars);
  if (!program) return refused_pack(program.error(), *texts);
  const std::string hash = hash_text(**program);
  if (hash != ruling.hash) {
    const Status kept = proposals.add({hash, request.caller.name, body->reason, ruling.now},
                                      **program, *texts, ruling);
    if (!kept && kept.error().code == ErrorCode::refused) {
      return http::problem(409, "proposals", kept.error().what);
    }
    if (!kept) return http::problem(500, "proposals", kept.error().what);
  }
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("hash").string(hash);
  json.key("state").string(hash == ruling.hash ? "running" : "proposed").end_object();
  return out;
}

http::Response list_proposals(Proposals& proposals, const RulingNow& ruling) {
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("proposals").begin_array();
  for (const RuleProposal& one : proposals.open(ruling)) {
    json.begin_object();
    put_proposal(json, one);
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

// The files of the pack itself: what it extends is there already.
http::Response get_proposal(const http::Request& request, Proposals& proposals,
                            const RulingNow& ruling) {
  const auto one = proposals.find(request.argument, ruling);
  if (!one) return no_proposal(request.argument);
  const auto texts = proposals.texts(one->hash);
  if (!texts) return http::problem(503, "proposals", texts.error().what);
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object();
  put_proposal(json, *one);
  json.key("files").begin_array();
  for (const SourceText& text : texts->files) {
    if (text.layer != 0) continue;
    json.begin_object().key("name").string(text.name).key("text").string(text.bytes).end_object();
  }
  json.end_array().end_object();
  return out;
}

std::string rule_metrics(const RuleState& state) {
  std::string out;
  const auto put = [&out](std::string_view name, std::string_view type, std::string_view help,
                          std::uint64_t value) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    out.append(" ").append(type).append("\n").append(name).append(" ");
    out.append(std::to_string(value)).append("\n");
  };
  put("lianqing_rules_differ", "gauge", "1: the pack on disk is not the one that rules.",
      state.disk.since ? 1 : 0);
  put("lianqing_rules_activations_total", "counter", "Packs taken up since the start.",
      state.activations);
  put("lianqing_rules_refused_total", "counter", "Packs refused since the start.", state.refusals);
  put("lianqing_rules_backfill_records", "gauge", "Records folded with the pack that is to rule.",
      state.backfill ? state.backfill->done : 0);
  put("lianqing_rules_backfill_of", "gauge",
      "Records to fold before it can rule; 0: there is none.",
      state.backfill ? state.backfill->of : 0);
  return out;
}

Result<std::shared_ptr<const Program>> program_at(const std::string& data, const RulesNow& now,
                                                  Instant at) {
  const Reign* ruled = &now.reigns.front();
  for (const Reign& reign : now.reigns) {
    if (reign.from <= at) ruled = &reign;
  }
  if (ruled == &now.reigns.back()) return now.program;
  const auto folder = find_kept_pack(data, ruled->pack);
  if (folder) return load_kept_pack(*folder);
  return failure(ErrorCode::io, "the pack that ruled then is not kept any more: " + ruled->pack);
}

}  // namespace lianqing
