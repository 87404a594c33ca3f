#include "cli/commands.h"

namespace lianqing {
namespace {

constexpr CommandRow kCommands[] = {
    {"check", "检查规则包，列出全部错误和警告", "lint a rule pack: all errors and warnings",
     check_command},
    {"test", "运行规则包的测试：某时发生某事，级别应如何变化",
     "run a pack's tests: events at times, expected levels", test_command},
    {"new", "问几个问题，写出一条规则和它的测试",
     "ask a few questions and write a rule with its test", new_command},
    {"replay", "用规则包回放事件，给出带理由的预警",
     "fold events through a rule pack into explained warnings", replay_command},
    {"import", "把表格（CSV、XLSX、JSON 行）变成事件，附逐行报告",
     "tables (CSV, XLSX, JSON lines) to events, with a report row by row", import_command},
    {"explain", "为什么是这个颜色，怎样会变", "why this colour, and what would change it",
     explain_command},
    {"log", "持久日志：追加、导出、压缩、核验、隔离区、备份、恢复、清除",
     "the durable log: append, export, pack, verify, quarantine, backup, restore, erase",
     log_command, true},
    {"serve", "常驻服务：接收事件、推演、推送预警",
     "the daemon: takes events, folds them, streams warnings", serve_command, true},
    {"top", "终端上实时查看守护进程：单位、最新预警、速率",
     "a live view of the daemon: units, newest warnings, rates", top_command},
    {"connect", "试一个连接器，说明看到了什么，不改动任何东西",
     "try one connector and say what it sees; nothing is changed", connect_command},
    {"ledger", "台账：日志里的预警事项及其办理，供电子表格打开",
     "the cases of a log as a table for spreadsheets", ledger_command},
    {"outbox", "推送队列：列出等候与未送达的通知，重发",
     "what sinks still have to tell: list it, try dead notices again", outbox_command, true},
    {"token", "建立、更换、列出、吊销访问令牌", "make, rotate, list and revoke access tokens",
     token_command, true},
    {"tls", "生成、查看守护进程的自签名证书", "make or show the daemon's self-signed certificate",
     tls_command},
    {"doctor", "检查部署：权限、证书、令牌、磁盘、时钟、日志，并说明如何修复",
     "look a deployment over: modes, TLS, tokens, disk, clock, logs; says what to mend",
     doctor_command},
    {"fmt", "整理规则包的排版，保留注释", "lay a rule pack out canonically, comments kept",
     fmt_command},
    {"schema", "供编辑器用的 JSON Schema", "the JSON Schema of rule packs and tests, for editors",
     schema_command},
    {"lsp", "编辑器的语言服务：边写边查、悬停说明、补全、跳转、改名",
     "the language server: findings, hover, completion, definition, rename", lsp_command},
    {"version", "显示版本", "print the version", version_command},
};

}  // namespace

std::span<const CommandRow> commands() { return kCommands; }

}  // namespace lianqing
