// lianqing log verify: every stored byte looked at, every hash computed anew.
#include <unistd.h>

#include <cstdio>

#include "cli/log_commands.h"
#include "cli/progress.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "log/base64.h"
#include "log/verify.h"

namespace lianqing {
namespace {

std::string root_text(const TreeHead& head) {
  std::string out;
  append_base64(out, head.root);
  return out;
}

void print_json(const VerifyReport& report) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("records").unsigned_integer(report.records);
  out.key("erased").unsigned_integer(report.erased).key("notes").unsigned_integer(report.notes);
  out.key("tiles").unsigned_integer(report.tiles);
  out.key("quarantined").unsigned_integer(report.quarantined);
  out.key("sources").unsigned_integer(report.sources);
  out.key("root").string(root_text(report.head)).key("findings").begin_array();
  for (const std::string& finding : report.findings) out.string(finding);
  out.end_array().end_object();
  std::printf("%s\n", text.c_str());
}

void print_text(const LogCall& call, const VerifyReport& report) {
  for (const std::string& finding : report.findings) std::printf("%s\n", finding.c_str());
  const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf(
      call.say("记录 %llu（已清除 %llu），隔离 %llu，来源 %llu，满块 %llu\n根 sha256:%s\n%s\n",
               "%llu records (%llu erased), %llu quarantined, %llu sources, %llu full "
               "tiles\nroot sha256:%s\n%s\n"),
      n(report.records), n(report.erased), n(report.quarantined), n(report.sources),
      n(report.tiles), root_text(report.head).c_str(),
      report.findings.empty()
          ? call.say("核验无误", "all is well")
          : call.say("核验未通过：请保留此目录，用备份恢复",
                     "NOT as it must be: keep this directory and restore a backup"));
}

}  // namespace

Result<int> log_verify(const LogCall& call) {
  const std::string format = call.options.value_or("format", "text");
  if (format != "text" && format != "json") {
    return failure(ErrorCode::usage, "--format is text or json, not '" + format + "'");
  }
  const auto directory = call.options.value("data");
  if (!directory) return failure(ErrorCode::usage, "--data DIR is needed");
  OpenSettings settings;
  settings.new_head = call.options.has("new-head");
  LQ_TRY(auto log, open_log(*directory, OpenMode::read_only, settings));
  Progress progress(::isatty(2) == 1);
  EventDecoder decoder;
  Arena arena;
  VerifyQuestions questions;
  questions.identity = identity_hash;
  questions.content = [&](std::string_view bytes) -> std::optional<ContentHash> {
    arena.reset();
    const Record record = decoder.decode(bytes, {}, arena);
    const auto* event = std::get_if<Event>(&record);
    return event == nullptr ? std::nullopt : std::optional<ContentHash>(event->content);
  };
  questions.progress = [&](std::uint64_t done) { progress.tell(done, {done, log->next_seq()}); };
  LQ_TRY(const VerifyReport report, verify(*log, questions));
  progress.clear();
  if (format == "json") {
    print_json(report);
  } else {
    print_text(call, report);
  }
  if (!report.findings.empty()) return 74;
  if (settings.new_head) {
    log.reset();
    LQ_TRY(log, open_log(*directory, OpenMode::existing, settings));
  }
  return 0;
}

}  // namespace lianqing
