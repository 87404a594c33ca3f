// lianqing explain: why a colour, why not another, what would change it.
#include <algorithm>
#include <cstdio>

#include "cli/commands.h"
#include "cli/explain_run.h"
#include "cli/kept_packs.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/outbox/notice_text.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOwn[] = {
    {"unit", true, false, "解释此单位", "explain this unit"},
    {"rule", true, false, "只看此规则", "only this rule"},
    {"key", true, false, "只看此分组", "only this key"},
    {"at", true, false, "此刻的颜色（默认：记录末尾）",
     "the colour at this instant (default: the end of the log)"},
    {"known-at", true, false, "只用此刻已知的记录，按发生时间",
     "only what was known at this instant, by the time it happened"},
    {"format", true, false, "text 或 json", "text or json"},
    {"notice", true, false, "此通知（或预警）为何、何时、如何推送；与 --data 同用",
     "why, when and how this notice (or warning) was told; with --data"},
};

std::vector<OptionSpec> all_options() {
  std::vector<OptionSpec> out(kLogOptions.begin(), kLogOptions.end());
  out.insert(out.end(), std::begin(kOwn), std::end(kOwn));
  return out;
}

bool is_warning_id(std::string_view text) {
  return text.starts_with("w-") && text.size() > 2 &&
         text.substr(2).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// `--rules PACK... ID`: what has the form of an id is no pack.
std::vector<std::string> id_first(std::vector<std::string> args) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (!is_warning_id(args[i]) || args[i - 1].starts_with("--")) continue;
    std::rotate(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(i),
                args.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    break;
  }
  return args;
}

Status complete(const Options& options, ExplainRequest& request) {
  const Program& program = *request.replay.program;
  EventFeed& log = request.replay.log;
  if (options.positionals().size() > 1) return failure(ErrorCode::usage, "expected one warning id");
  if (!options.positionals().empty()) request.warning = options.positionals()[0];
  // `--events FILE... ID`: without --unit the last of them is the id.
  if (request.warning.empty() && !options.has("unit") && !log.data && log.paths.size() > 1) {
    request.warning = log.paths.back();
    log.paths.pop_back();
  }
  request.unit = options.value_or("unit", "");
  request.rule = options.value_or("rule", "");
  request.key = options.value_or("key", "");
  if (request.warning.empty() == request.unit.empty()) {
    return failure(ErrorCode::usage, "give a warning id, or --unit U");
  }
  if (const auto at = options.value("at")) {
    const auto instant = parse_instant(*at, program, "at");
    if (!instant) return Unexpected<Error>(instant.error());
    log.until = request.replay.options.until = *instant;
  }
  if (const auto known = options.value("known-at")) {
    const auto instant = parse_instant(*known, program, "known-at");
    if (!instant) return Unexpected<Error>(instant.error());
    log.known_at = *instant;
    log.mode = request.replay.options.mode = ClockMode::as_occurred;
    if (!log.until) log.until = request.replay.options.until = *instant;
  }
  if (log.data && !request.warning.empty() && !log.known_at) {
    LQ_TRY(const auto stored, EventLog::open(log.paths[0], OpenMode::read_only));
    LQ_TRY(auto told, told_warning(*stored, request.warning));
    if (told && told->backfilled && (!log.until || *log.until >= told->time)) {
      log.until = request.replay.options.until = told->time;
      request.backfilled = std::move(told);
    }
  }
  const std::string format = options.value_or("format", "text");
  if (format != "text" && format != "json")
    return failure(ErrorCode::usage, "--format is text or json, not '" + format + "'");
  request.json = format == "json";
  return {};
}

// Of the packs that ruled the log, the one that ruled what is asked about.
Status choose_pack(const Options& options, ReplayRequest& request) {
  if (request.later.empty()) return {};
  std::optional<Instant> at;
  if (const auto text = options.value("at")) {
    LQ_TRY(at, parse_instant(*text, *request.later.back(), "at"));
  }
  const std::string warning = options.positionals().empty() ? "" : options.positionals()[0];
  LQ_TRY(const std::size_t ruler, ruler_of(request.log.paths[0], warning, at));
  LQ_ASSERT(ruler <= request.later.size());
  if (ruler > 0) request.program = request.later[ruler - 1];
  request.later.clear();
  return {};
}

}  // namespace

int explain_command(const std::vector<std::string>& args) {
  const auto specs = all_options();
  const auto options = parse_options(id_first(args), specs);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options) ? "用法：lianqing explain （--rules 规则包 --events 文件... | "
                                       "--data 目录） （预警编号 | --unit 单位）"
                                     : "usage: lianqing explain (--rules PACK --events FILE... | "
                                       "--data DIR) (WARNING-ID | --unit U)",
                options_help(specs, is_chinese(*options)).c_str());
    return 0;
  }
  if (const auto notice = options->value("notice")) {
    const bool chinese = is_chinese(*options);
    const auto data = options->value("data");
    if (!data) return report({ErrorCode::usage, "--notice goes with --data DIR"}, chinese);
    const auto explained = explain_notice(*data, *notice, chinese);
    return explained ? *explained : report(explained.error(), chinese);
  }
  int code = 0;
  auto request = log_request(*options, code, true);
  if (request && options->values("rules").size() > 1) {
    return report({ErrorCode::usage, "explain takes one --rules"}, is_chinese(*options));
  }
  if (!request) return code;
  if (const Status s = choose_pack(*options, *request); !s) {
    return report(s.error(), request->style.chinese);
  }
  ExplainRequest explain;
  explain.replay = *std::move(request);
  if (const Status s = complete(*options, explain); !s)
    return report(s.error(), explain.replay.style.chinese);
  return run_explain(explain);
}

}  // namespace lianqing
