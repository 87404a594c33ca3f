// The commands under `lianqing log`: what they share, and one function each.
#pragma once

#include <array>
#include <string>

#include "cli/options.h"
#include "cli/replay_run.h"
#include "log/verify.h"

namespace lianqing {

inline constexpr std::array<OptionSpec, 4> kDataOptions = {{
    {"data", true, false, "数据目录", "the data directory"},
    {"log", true, false, "events（默认）或 audit：审计日志，只可导出和核验",
     "events (default) or audit: the audit log, which can only be exported and verified"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
}};

// One run of a command: its options read, the language chosen.
struct LogCall {
  const Options& options;
  bool chinese;

  const char* say(const char* zh, const char* en) const { return chinese ? zh : en; }
  // Says on standard error what opening a log found.
  void tell(const std::string& notice) const;
  // Opens the log of --data; says what opening found and mended.
  [[nodiscard]] Result<std::unique_ptr<EventLog>> open(OpenMode mode) const;
  // Where the log that is meant lies. Refused: the audit log, for a command that is not
  // `for_audit`.
  [[nodiscard]] Result<std::string> directory(bool for_audit) const;
};

// The result is the exit code.
[[nodiscard]] Result<int> log_append(const LogCall& call);
[[nodiscard]] Result<int> log_export(const LogCall& call);
[[nodiscard]] Result<int> log_pack(const LogCall& call);
[[nodiscard]] Result<int> log_unpack(const LogCall& call);
[[nodiscard]] Result<int> log_verify(const LogCall& call);
[[nodiscard]] Result<int> log_quarantine(const LogCall& call);
[[nodiscard]] Result<int> log_backup(const LogCall& call);
[[nodiscard]] Result<int> log_restore(const LogCall& call);
[[nodiscard]] Result<int> log_erase(const LogCall& call);

// Everything that a log holds, looked at; on a terminal it shows how far it is.
[[nodiscard]] Result<VerifyReport> verify_stored(const DurableLog& log);
std::string root_text(const TreeHead& head);  // in base64

// The wall clock, which only a writer's own records need; never before what the log has.
Instant now_after(const EventLog& log);
// The value of an option as a number.
[[nodiscard]] Result<std::uint64_t> number_option(const Options& options, const std::string& name,
                                                  std::uint64_t otherwise);

}  // namespace lianqing
