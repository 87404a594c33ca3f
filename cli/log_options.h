// The options that `replay` and `explain` share: pack, events, units, clock, threads.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "cli/options.h"
#include "cli/replay_run.h"

namespace lianqing {

inline constexpr std::array<OptionSpec, 10> kLogOptions = {{
    {"rules", true, true,
     "规则包：文件夹或文件；replay 可给几个，由日志里的 ruleset_activated 切换；replay 读 --data "
     "时可不给：用其中保存的规则包",
     "rule pack: a folder or a file; replay takes several, ruleset_activated in the log switches; "
     "replay of --data needs none: those that ruled are kept there"},
    {"events", true, true, "事件文件（JSON 行，可为 .gz，或段文件；- 为标准输入）",
     "event files (JSON lines, plain or .gz, or segments; - is standard input)"},
    {"data", true, false, "数据目录：读其中的日志，代替 --events",
     "data directory: its log is read instead of --events"},
    {"units", true, false, "单位登记表（CSV 或 YAML）", "unit register (CSV or YAML)"},
    {"as-occurred", false, false, "按发生时间回放", "replay by the time things happened"},
    {"as-recorded", false, false, "按登记时间回放（默认）",
     "replay by the time things became known (default)"},
    {"sort", false, false, "先按登记时间排序", "sort by recorded time first"},
    {"threads", true, false, "线程数（默认按处理器）", "threads (default: processors)"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
}};

// An instant: RFC 3339, or a date (the end of that day in the pack's zone).
[[nodiscard]] Result<Instant> parse_instant(const std::string& text, const Program& program,
                                            const char* option);

bool is_chinese(const Options& options);

// Reads and compiles the packs; without --rules, if `kept`, those that ruled --data. Reads the
// register, checks the options. On failure the message has been told and `code` is the exit code.
std::optional<ReplayRequest> log_request(const Options& options, int& code, bool kept);

}  // namespace lianqing
