#include "cli/serve/rule_answers.h"

#include "cli/json_parts.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "connectors/http/pack_body.h"
#include "rules/fingerprint.h"

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

void put_disk(JsonWriter& json, const std::string& pack_path) {
  auto files = read_pack(pack_path);
  const auto calendars = read_calendars(pack_path);
  if (!files || !calendars) {
    json.key("on_disk").null();
    json.key("on_disk_error").string(files ? calendars.error().what : files.error().what);
    return;
  }
  const auto program = compile_pack(*files, *calendars);
  if (program) {
    json.key("on_disk").string(hex((*program)->hash));
    return;
  }
  std::vector<SourceText> texts = *std::move(files);
  texts.insert(texts.end(), calendars->begin(), calendars->end());
  json.key("on_disk")
      .null()
      .key("on_disk_findings")
      .raw(trimmed(render_json(program.error(), texts)));
}

}  // namespace

http::Response get_rules(const Program& running, const std::string& pack_path) {
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("pack").string(running.pack).key("title");
  put(json, running.title);
  json.key("running").string(hex(running.hash));
  put_disk(json, pack_path);
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
  const auto calendars = read_calendars(pack_path);
  if (!calendars) return http::problem(500, "calendars", calendars.error().what);
  Diagnostics findings;
  const auto program = compile_pack(*files, *calendars, &findings);
  if (!program) findings = program.error();
  std::vector<SourceText> texts = *std::move(files);
  texts.insert(texts.end(), calendars->begin(), calendars->end());
  http::Response out;
  JsonWriter json(out.body);
  json.begin_object().key("ok").boolean(program.has_value()).key("hash");
  if (program) {
    json.string(hex((*program)->hash));
  } else {
    json.null();
  }
  json.key("findings").raw(trimmed(render_json(findings, texts))).end_object();
  return out;
}

}  // namespace lianqing
