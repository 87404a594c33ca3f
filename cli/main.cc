// argv -> the table of commands -> exit code. The only place that catches what nobody else did.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/import/dropped_table.h"
#include "cli/language.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

void print_help(std::FILE* to) {
  const bool chinese = prefers_chinese();
  std::vector<std::vector<std::string>> rows;
  for (const CommandRow& row : commands()) {
    rows.push_back(
        {"  " + std::string(row.name), std::string(chinese ? row.summary_zh : row.summary_en)});
  }
  const char* head =
      chinese ? "用法：lianqing 命令 [选项]\n\n" : "usage: lianqing COMMAND [OPTIONS]\n\n";
  const char* tail = chinese ? "\nlianqing 命令 --help 显示该命令的选项。\n"
                             : "\nlianqing COMMAND --help shows its options.\n";
  std::fputs((head + columns(rows, {false, false}) + tail).c_str(), to);
}

int unknown_command(const std::string& name) {
  std::vector<std::string> known;
  for (const CommandRow& row : commands()) known.emplace_back(row.name);
  const auto nearest = nearest_name(name, known);
  const bool chinese = prefers_chinese();
  std::string text =
      chinese ? "lianqing: 没有命令 " + name : "lianqing: unknown command '" + name + "'";
  if (nearest)
    text += chinese ? "；是否想写 " + *nearest + "？" : "; did you mean '" + *nearest + "'?";
  std::fprintf(stderr, "%s\n", text.c_str());
  if (!nearest) print_help(stderr);
  return kExitUsage;
}

int run(const std::vector<std::string>& args) {
  set_dropped_table_reader(&import_dropped_table);
  if (args.empty()) {
    print_help(stderr);
    return kExitUsage;
  }
  if (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    print_help(stdout);
    return 0;
  }
  const std::string name = args[0] == "--version" ? "version" : args[0];
  for (const CommandRow& row : commands()) {
    if (row.name != name) continue;
    if (row.writes_records) ::umask(077);
    return row.run({args.begin() + 1, args.end()});
  }
  return unknown_command(name);
}

// What the command wrote to standard output must have got there: a full disk is no success.
int told(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  if (code != 0 && code != kExitFindings) return code;  // it has said so, or worse
  std::fprintf(stderr,
               prefers_chinese() ? "lianqing: 错误：不能写标准输出：%s\n"
                                 : "lianqing: error: cannot write standard output: %s\n",
               std::strerror(errno));
  return kExitIo;
}

}  // namespace
}  // namespace lianqing

int main(int argc, char** argv) {
  try {
    return lianqing::told(lianqing::run({argv + (argc > 0 ? 1 : 0), argv + argc}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lianqing: internal error: %s\n", error.what());
    return lianqing::kExitBug;
  }
}
