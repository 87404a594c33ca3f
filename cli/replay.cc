// lianqing replay: folds event files through a rule pack and writes every transition.
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOwn[] = {
    {"until", true, false, "时钟走到此刻为止", "carry the clock on to this instant"},
    {"state", true, false, "状态目录：中断后从这里接着来",
     "state directory: a run that was stopped goes on from it"},
    {"checkpoint-every", true, false, "每多少条记录存一次状态（默认 250000）",
     "records between two saved states (default 250000)"},
    {"out", true, false, "预警写入此文件（JSON 行）",
     "write the warnings to this file (JSON lines)"},
    {"quarantine", true, false, "隔离记录写入此文件", "write quarantined records to this file"},
    {"cases", true, false, "预警办理的每一步写入此文件（JSON 行）",
     "write every step in the life of warnings to this file (JSON lines)"},
    {"colours", true, false, "单位颜色的每次变化写入此文件（JSON 行）",
     "write every change of a unit's colour to this file (JSON lines)"},
    {"evidence", true, false, "每条预警列出的最新事件数（默认 20）",
     "newest events cited per warning (default 20)"},
    {"brief", false, false, "只写变化与数值，不写理由、依据与展望",
     "transitions and values only, without reasons, evidence and outlook"},
    {"by-instant", false, false, "不走按单位整体计算的近路，逐时刻计算（结果相同，较慢；供核对）",
     "fold instant by instant, never whole units (same output, slower; for checking)"},
    {"format", true, false, "标准输出：text 表格或 json", "standard output: a text table or json"},
    {"quiet", false, false, "不显示小结", "no summary"},
};

std::vector<OptionSpec> all_options() {
  std::vector<OptionSpec> out(kLogOptions.begin(), kLogOptions.end());
  out.insert(out.end(), std::begin(kOwn), std::end(kOwn));
  return out;
}

Result<std::uint64_t> number(const Options& options, const std::string& name,
                             std::uint64_t otherwise) {
  const auto text = options.value(name);
  if (!text) return otherwise;
  std::uint64_t value = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
  if (end.ec != std::errc{} || end.ptr != text->data() + text->size() || value == 0) {
    return failure(ErrorCode::usage,
                   "--" + name + " expects a number above 0, not '" + *text + "'");
  }
  return value;
}

Status complete(const Options& options, ReplayRequest& request) {
  if (!options.positionals().empty()) {
    return failure(ErrorCode::usage,
                   "unexpected '" + options.positionals()[0] + "'; event files go behind --events");
  }
  if (const auto until = options.value("until")) {
    const auto instant = parse_instant(*until, *request.program, "until");
    if (!instant) return Unexpected<Error>(instant.error());
    request.log.until = request.options.until = *instant;
  }
  const auto evidence = number(options, "evidence", 20);
  const auto every = number(options, "checkpoint-every", 250'000);
  if (!evidence || !every) return Unexpected<Error>(evidence ? every.error() : evidence.error());
  request.options.fold.evidence = *evidence;
  request.state = options.value_or("state", "");
  if (!request.state.empty()) {
    if (request.log.sort || request.log.mode == ClockMode::as_occurred) {
      return failure(ErrorCode::usage,
                     "--state goes with a log in recorded order: not with --sort or --as-occurred");
    }
    request.log.checkpoint_every = *every;
  }
  request.out = options.value_or("out", "");
  request.quarantine = options.value_or("quarantine", "");
  request.cases = options.value_or("cases", "");
  request.colours = options.value_or("colours", "");
  if (!request.state.empty() && !(request.cases.empty() && request.colours.empty())) {
    return failure(ErrorCode::usage,
                   "--cases and --colours need the whole log in one run: leave --state out");
  }
  if (!request.later.empty() &&
      !(request.state.empty() && request.cases.empty() && request.colours.empty())) {
    return failure(ErrorCode::usage,
                   "several rule packs go without --state, --cases and --colours");
  }
  request.quiet = options.has("quiet");
  request.brief = options.has("brief");
  request.instants = options.has("by-instant");
  request.options.fold.reasons = !request.brief;
  if (request.brief && !request.later.empty()) {
    return failure(ErrorCode::usage, "--brief goes with one --rules");
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::string format =
      options.value_or("format", terminal || !request.out.empty() ? "text" : "json");
  if (format != "text" && format != "json")
    return failure(ErrorCode::usage, "--format is text or json, not '" + format + "'");
  request.table = format == "text" && (terminal || options.has("format"));
  return {};
}

}  // namespace

int replay_command(const std::vector<std::string>& args) {
  const auto specs = all_options();
  const auto options = parse_options(args, specs);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options)
                    ? "用法：lianqing replay --rules 规则包 （--events 文件... | --data 目录）"
                    : "usage: lianqing replay --rules PACK (--events FILE... | --data DIR)",
                options_help(specs, is_chinese(*options)).c_str());
    return 0;
  }
  int code = 0;
  auto request = log_request(*options, code, true);
  if (!request) return code;
  if (const Status s = complete(*options, *request); !s)
    return report(s.error(), request->style.chinese);
  return run_replay(*request);
}

}  // namespace lianqing
