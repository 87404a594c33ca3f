// lianqing log verify: every stored byte looked at, every hash computed anew.
#include <unistd.h>

#include <cstdio>

#include "cli/kept_packs.h"
#include "cli/log_commands.h"
#include "cli/log_refold.h"
#include "cli/pack_files.h"
#include "cli/progress.h"
#include "cli/translation.h"
#include "cli/units_file.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "log/base64.h"
#include "log/verify.h"

namespace lianqing {
namespace {

void print_json(const VerifyReport& report, const std::optional<RefoldReport>& fold) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("records").unsigned_integer(report.records);
  out.key("erased").unsigned_integer(report.erased).key("notes").unsigned_integer(report.notes);
  out.key("tiles").unsigned_integer(report.tiles);
  out.key("quarantined").unsigned_integer(report.quarantined);
  out.key("sources").unsigned_integer(report.sources);
  out.key("root").string(root_text(report.head)).key("findings").begin_array();
  for (const std::string& finding : report.findings) out.string(finding);
  out.end_array();
  if (fold) {
    out.key("fold").begin_object().key("state").boolean(fold->state);
    if (fold->state) {
      out.key("records").unsigned_integer(fold->records);
      out.key("judged").string(format_rfc3339(fold->judged));
    }
    out.key("units").unsigned_integer(fold->units);
    out.key("warnings").unsigned_integer(fold->warnings).key("findings").begin_array();
    for (const std::string& finding : fold->findings) out.string(finding);
    out.end_array().end_object();
  }
  out.end_object();
  std::printf("%s\n", text.c_str());
}

// An erased record is folded no more: what rested on it cannot be made again.
bool is_wrong(const VerifyReport& report, const std::optional<RefoldReport>& fold) {
  return !report.findings.empty() || (fold && !fold->findings.empty() && report.erased == 0);
}

void print_fold(const LogCall& call, const VerifyReport& report, const RefoldReport& fold) {
  const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  for (const std::string& finding : fold.findings) std::printf("%s\n", finding.c_str());
  if (fold.state) {
    std::printf(call.say("重新推演：状态（前 %llu 条记录，%llu 个单位）与 %llu 条预警",
                         "folded anew: the state (of the first %llu records, %llu units) and %llu "
                         "warnings"),
                n(fold.records), n(fold.units), n(fold.warnings));
  } else {
    std::printf(call.say("重新推演：没有已存的状态，%llu 条预警",
                         "folded anew: there is no stored state; %llu warnings"),
                n(fold.warnings));
  }
  if (fold.findings.empty()) {
    std::printf("%s\n", call.say("均一致", " are the same"));
  } else if (report.erased == 0) {
    std::printf(call.say("，%zu 处不一致\n", ": %zu differences\n"), fold.findings.size());
  } else {
    std::printf(call.say("，%zu 处不一致；有 %llu 条记录已清除，其影响无法重新推演，不作为问题\n",
                         ": %zu differences, not counted as wrong: %llu records were erased, and "
                         "what they did cannot be folded again\n"),
                fold.findings.size(), n(report.erased));
  }
}

void print_text(const LogCall& call, const VerifyReport& report,
                const std::optional<RefoldReport>& fold) {
  for (const std::string& finding : report.findings) std::printf("%s\n", finding.c_str());
  if (fold) print_fold(call, report, *fold);
  const auto n = [](std::uint64_t count) { return static_cast<unsigned long long>(count); };
  std::printf(
      call.say("记录 %llu（已清除 %llu），隔离 %llu，来源 %llu，满块 %llu\n根 sha256:%s\n%s\n",
               "%llu records (%llu erased), %llu quarantined, %llu sources, %llu full "
               "tiles\nroot sha256:%s\n%s\n"),
      n(report.records), n(report.erased), n(report.quarantined), n(report.sources),
      n(report.tiles), root_text(report.head).c_str(),
      !is_wrong(report, fold)
          ? call.say("核验无误", "all is well")
          : call.say("核验未通过：请保留此目录，用备份恢复",
                     "NOT as it must be: keep this directory and restore a backup"));
}

}  // namespace

std::string root_text(const TreeHead& head) {
  std::string out;
  append_base64(out, head.root);
  return out;
}

Result<VerifyReport> verify_stored(const DurableLog& log) {
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
  questions.progress = [&](std::uint64_t done) { progress.tell(done, {done, log.next_seq()}); };
  return verify(log, questions);
}

Result<int> log_verify(const LogCall& call) {
  const std::string format = call.options.value_or("format", "text");
  if (format != "text" && format != "json") {
    return failure(ErrorCode::usage, "--format is text or json, not '" + format + "'");
  }
  const auto rules = call.options.value("rules");
  LQ_TRY(const std::string directory, call.directory(!rules));
  std::shared_ptr<const Program> program;
  if (rules) {
    int code = 0;
    program = load_pack(*rules, call.chinese, code);
    if (!program) return code;
  }
  std::vector<RegisteredUnit> units;
  if (const auto path = call.options.value("units")) {
    LQ_TRY(units, read_units(*path));
  }
  OpenSettings settings;
  settings.new_head = call.options.has("new-head");
  LQ_TRY(auto log, open_log(directory, OpenMode::read_only, settings));
  for (const std::string& notice : log->notices()) call.tell(notice);
  LQ_TRY(const VerifyReport report, verify_stored(*log));
  std::optional<RefoldReport> fold;
  if (!rules && !settings.new_head && !call.options.has("stored-only")) {
    LQ_TRY(const auto ruled, ruled_packs(directory));
    if (!ruled.empty()) {
      LQ_TRY(program, load_kept_pack(ruled.back()));
    }
  }
  if (program) {
    Progress progress(::isatty(2) == 1);
    auto folded = refold_and_compare(directory, program, units, [&](auto done, auto of) {
      progress.tell(done, {done, of});
    });
    // What nobody asked for may be impossible.
    if (!folded && (rules || folded.error().code != ErrorCode::refused)) {
      return Unexpected<Error>(folded.error());
    }
    if (folded) {
      fold = *std::move(folded);
    } else {
      std::fprintf(stderr, "%s%s\n", call.say("未重新推演：", "not folded anew: "),
                   told(folded.error(), call.chinese).c_str());
    }
  }
  if (format == "json") {
    print_json(report, fold);
  } else {
    print_text(call, report, fold);
  }
  if (is_wrong(report, fold)) return 74;
  if (settings.new_head) {
    log.reset();
    LQ_TRY(log, open_log(directory, OpenMode::existing, settings));
  }
  return 0;
}

}  // namespace lianqing
