// lianqing log COMMAND: the table of commands on the durable log.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_commands.h"
#include "cli/log_options.h"
#include "cli/serve/audit_trail.h"
#include "cli/translation.h"
#include "lianqing/assert.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

struct LogCommand {
  std::string_view name, arguments;
  std::string_view summary_zh, summary_en;
  Result<int> (*run)(const LogCall&);
  std::array<OptionSpec, 5> own;  // unused ones have no name
};

constexpr LogCommand kLogCommands[] = {
    {"append",
     "FILE... --data DIR",
     "把事件文件追加到日志；坏记录进隔离区",
     "append event files to the log; bad records go to quarantine",
     log_append,
     {{{"sort", false, false, "先按登记时间排序", "sort by recorded time first"},
       {"now", false, false, "登记时间为现在，不用记录里的",
        "the records become known now, whatever they say"}}}},
    {"export",
     "--data DIR",
     "导出为 JSON 行，replay 可读回",
     "write the log as JSON lines that replay reads back",
     log_export,
     {{{"from", true, false, "从此序号起", "from this seq on"},
       {"out", true, false, "写入此文件", "write to this file"}}}},
    {"pack",
     "(FILE | --data DIR) --out FILE.lqs",
     "把事件文件或日志按列压成一个段文件（约为原来的十五分之一），replay 可直接读",
     "event lines, or the log, by columns as one segment: some 15 times smaller; replay reads it",
     log_pack,
     {{{"out", true, false, "写入此段文件", "write this segment"}}}},
    {"unpack",
     "FILE.lqs [--out FILE] [--against FILE | --data DIR]",
     "段文件变回原来的行；或与事件文件、日志逐行核对",
     "a segment's lines as they were; or compare them with a file or with the log",
     log_unpack,
     {{{"out", true, false, "写入此文件", "write to this file"},
       {"against", true, false, "与此事件文件逐行核对", "compare with this event file"}}}},
    {"verify",
     "--data DIR",
     "重算并核对一切：记录、树、身份、游标、日志头",
     "recompute and compare everything: records, tree, identities, cursors, head",
     log_verify,
     {{{"rules", true, false,
        "用此规则包重新推演，与已存的状态和预警比对；默认用其中保存的、最后启用的那个",
        "fold anew with this rule pack and compare the stored state and warnings; by default with "
        "the kept one that ruled last"},
       {"stored-only", false, false, "不重新推演", "do not fold anew"},
       {"units", true, false, "当时的单位登记表", "the unit register that goes with it"},
       {"format", true, false, "text 或 json", "text or json"},
       {"new-head", false, false, "一切无误时重写日志头（确认接受现状后才用）",
        "make the head anew if all is well (only if what is there is accepted)"}}}},
    {"quarantine",
     "--data DIR",
     "列出隔离的记录及原因",
     "list the refused records with their reasons",
     log_quarantine,
     {{{"format", true, false, "text 或 json", "text or json"},
       {"from", true, false, "从此编号起", "from this number on"},
       {"raw", false, false, "只输出原始记录，便于修复后再追加",
        "only the records as they came, to mend and append again"}}}},
    {"backup",
     "DIR2 --data DIR",
     "在线备份到新目录，可直接使用",
     "copy to a new directory that can be used as it is; others may go on writing",
     log_backup,
     {}},
    {"restore",
     "DIR2 --data DIR",
     "核验备份 DIR2 并复制到新目录 DIR",
     "verify the backup DIR2 and copy it to the new directory DIR",
     log_restore,
     {}},
    {"erase",
     "--seq N | --before T --reason TEXT --data DIR",
     "永久清除记录内容，保留其位置与证明",
     "erase the content of records for good; their places and proofs stay",
     log_erase,
     {{{"seq", true, true, "记录序号", "seqs of the records"},
       {"before", true, false, "登记早于此刻的全部记录", "all records recorded before this time"},
       {"reason", true, false, "理由，记入日志", "why; it goes into the log"},
       {"yes", false, false, "不再询问", "do not ask"}}}},
};

std::vector<OptionSpec> options_of(const LogCommand& command) {
  std::vector<OptionSpec> out;
  for (const OptionSpec& spec : command.own) {
    if (!spec.name.empty()) out.push_back(spec);
  }
  out.insert(out.end(), kDataOptions.begin(), kDataOptions.end());
  return out;
}

void print_table(std::FILE* to, bool chinese) {
  std::vector<std::vector<std::string>> rows;
  for (const LogCommand& command : kLogCommands) {
    rows.push_back({"  " + std::string(command.name),
                    std::string(chinese ? command.summary_zh : command.summary_en)});
  }
  std::fputs(((chinese ? "用法：lianqing log 命令 [选项]\n\n"
                       : "usage: lianqing log COMMAND [OPTIONS]\n\n") +
              columns(rows, {false, false}))
                 .c_str(),
             to);
}

int run(const LogCommand& command, const std::vector<std::string>& args) {
  const auto specs = options_of(command);
  const auto options = parse_options(args, specs);
  if (!options) return report(options.error(), prefers_chinese());
  const LogCall call{*options, is_chinese(*options)};
  if (options->has("help")) {
    std::printf("%slianqing log %s %s\n\n%s", call.say("用法：", "usage: "),
                std::string(command.name).c_str(), std::string(command.arguments).c_str(),
                options_help(specs, call.chinese).c_str());
    return 0;
  }
  const auto code = command.run(call);
  return code ? *code : report(code.error(), call.chinese);
}

}  // namespace

int log_command(const std::vector<std::string>& args) {
  const bool chinese = prefers_chinese();
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    print_table(args.empty() ? stderr : stdout, chinese);
    return args.empty() ? kExitUsage : 0;
  }
  std::vector<std::string> known;
  for (const LogCommand& command : kLogCommands) {
    if (command.name == args[0]) return run(command, {args.begin() + 1, args.end()});
    known.emplace_back(command.name);
  }
  const auto nearest = nearest_name(args[0], known);
  std::fprintf(
      stderr, "lianqing log: %s%s%s\n", chinese ? "没有命令 " : "unknown command ", args[0].c_str(),
      nearest ? ((chinese ? "；是否想写 " : "; did you mean ") + *nearest + "?").c_str() : "");
  return kExitUsage;
}

Result<std::string> LogCall::directory(bool for_audit) const {
  const auto directory = options.value("data");
  if (!directory) return failure(ErrorCode::usage, "--data DIR is needed");
  const std::string which = options.value_or("log", "events");
  if (which == "events") return *directory;
  if (which != "audit") {
    return failure(ErrorCode::usage, "--log is events or audit, not '" + which + "'");
  }
  if (for_audit) return audit_path(*directory);
  return failure(ErrorCode::refused,
                 "nobody writes, changes or erases the audit log: it can be exported and verified");
}

Result<std::unique_ptr<EventLog>> LogCall::open(OpenMode mode) const {
  LQ_TRY(const std::string place, directory(mode == OpenMode::read_only));
  LQ_TRY(auto log, EventLog::open(place, mode));
  for (const std::string& notice : log->notices()) {
    tell(notice);
  }
  return log;
}

void LogCall::tell(const std::string& notice) const {
  std::fprintf(stderr, "lianqing log: %s\n", (chinese ? in_chinese(notice) : notice).c_str());
}

Instant now_after(const EventLog& log) {
  const Instant now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return log.next_seq() == 0 ? now : std::max(now, log.last_recorded() + Duration{1});
}

Result<std::uint64_t> number_option(const Options& options, const std::string& name,
                                    std::uint64_t otherwise) {
  const auto text = options.value(name);
  if (!text) return otherwise;
  std::uint64_t value = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), value);
  if (end.ec != std::errc{} || end.ptr != text->data() + text->size()) {
    return failure(ErrorCode::usage, "--" + name + " expects a number, not '" + *text + "'");
  }
  return value;
}

}  // namespace lianqing
