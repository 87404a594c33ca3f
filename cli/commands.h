// The table of commands. A new command is a function and a row in commands.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lianqing {

// Arguments come without the program's and the command's name; the result is the exit code.
using Command = int (*)(const std::vector<std::string>& args);

struct CommandRow {
  std::string_view name;
  std::string_view summary_zh, summary_en;
  Command run;
  bool writes_records = false;  // what it writes is for its own user only, whatever the umask
};

std::span<const CommandRow> commands();

int check_command(const std::vector<std::string>& args);
int new_command(const std::vector<std::string>& args);
int test_command(const std::vector<std::string>& args);
int replay_command(const std::vector<std::string>& args);
int import_command(const std::vector<std::string>& args);
int explain_command(const std::vector<std::string>& args);
int log_command(const std::vector<std::string>& args);
int serve_command(const std::vector<std::string>& args);
int top_command(const std::vector<std::string>& args);
int connect_command(const std::vector<std::string>& args);
int ledger_command(const std::vector<std::string>& args);
int outbox_command(const std::vector<std::string>& args);
int token_command(const std::vector<std::string>& args);
int fmt_command(const std::vector<std::string>& args);
int lsp_command(const std::vector<std::string>& args);
int schema_command(const std::vector<std::string>& args);
int doctor_command(const std::vector<std::string>& args);
int tls_command(const std::vector<std::string>& args);
int version_command(const std::vector<std::string>& args);

// Exit codes: 0 ok, and
inline constexpr int kExitFindings = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitBug = 70;
inline constexpr int kExitIo = 74;

}  // namespace lianqing
