// lianqing import: tables that an office keeps into events.
#include <cstdio>

#include "cli/commands.h"
#include "cli/import/import_rows.h"
#include "cli/import/report.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/translation.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kShownEvents = 5;

constexpr OptionSpec kOptions[] = {
    {"map", true, false, "映射（YAML）：哪一列是什么", "the map (YAML): what the columns mean"},
    {"out", true, false, "事件写到这个文件（- 为标准输出）",
     "write the events to this file (- is standard output)"},
    {"report", true, false, "逐行报告写到这个 CSV 文件",
     "write the report, row by row, to this CSV file"},
    {"units", true, false, "单位名称表（CSV 或 YAML），代替映射里的 names",
     "table of units and names (CSV or YAML), in place of the map's"},
    {"dry-run", false, false, "不写事件，只显示前几条和会怎样",
     "write no events; show the first ones and what would happen"},
    {"format", true, false, "text 或 json：小结怎样显示", "text or json: how the summary is shown"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr const char* kHelpZh =
    "用法：lianqing import 文件 --map 映射 --out 事件.jsonl [选项]\n\n"
    "把表格（CSV、XLSX、JSON "
    "行）变成事件。编码（UTF-8、GBK/GB18030、UTF-16）和分隔符自动识别并写明。\n"
    "每一行都有着落：写入、跳过（合计行、重复行）、待核（单位名称不在表中）、拒收，四者相加等于读入"
    "。\n"
    "同一文件再导入一次，事件一字节不差；追加到日志不会重复。\n\n";
constexpr const char* kHelpEn =
    "usage: lianqing import FILE --map MAP --out EVENTS.jsonl [OPTIONS]\n\n"
    "Turns a table (CSV, XLSX, JSON lines) into events. Encoding (UTF-8, GBK/GB18030, UTF-16) and\n"
    "delimiter are found and stated. Every row is accounted for: written, skipped (totals, "
    "repeated\n"
    "rows), parked (a unit name that the table of units lacks) or refused; these add up to those "
    "read.\n"
    "The same file imported again gives the same bytes; appended to a log nothing is doubled.\n\n";
constexpr const char* kTailZh =
    "\n例：\n"
    "  lianqing import 台账.csv --map 台账.yaml --dry-run\n"
    "  lianqing import 台账.csv --map 台账.yaml --out 台账.jsonl --report 问题.csv\n"
    "  lianqing log append --data DATA 台账.jsonl\n"
    "退出码：0 全部写入或跳过 · 1 有待核或拒收的行，或映射有错 · 2 用法不对 · 74 读写失败\n";
constexpr const char* kTailEn =
    "\nexamples:\n"
    "  lianqing import ledger.csv --map ledger.yaml --dry-run\n"
    "  lianqing import ledger.csv --map ledger.yaml --out ledger.jsonl --report problems.csv\n"
    "  lianqing log append --data DATA ledger.jsonl\n"
    "exit codes: 0 all written or skipped · 1 rows parked or refused, or mistakes in the map · 2 "
    "usage "
    "· 74 files\n";

int told(const Bilingual& what, ErrorCode code, bool chinese) {
  std::fprintf(stderr, "lianqing import: %s\n", what.in(chinese).c_str());
  return code == ErrorCode::refused ? kExitFindings
         : code == ErrorCode::usage ? kExitUsage
                                    : kExitIo;
}
int told(const Error& error) {
  return told({in_chinese(error.what), error.what}, error.code, prefers_chinese());
}

Status write_file(const std::string& path, std::string_view text) {
  LQ_TRY(OutputFile file, OutputFile::open(path, 0));
  if (Status s = file.text(text); !s) return s;
  return file.finish();
}

Status write_events(const std::string& path, const Imported& imported) {
  LQ_TRY(OutputFile file, path == "-" ? OutputFile::standard() : OutputFile::open(path, 0));
  for (const ImportedEvent& event : imported.events) {
    if (Status s = file.line(event.json); !s) return s;
  }
  return file.finish();
}

int import_one(const Options& options, bool chinese) {
  const std::string path = options.positionals()[0];
  auto bytes = read_file(*options.value("map"));
  if (!bytes) return told(bytes.error());
  const SourceText text{*options.value("map"), *std::move(bytes)};
  const auto map = read_import_map(text);
  if (!map) {
    std::fputs(render_text(map.error(), std::span(&text, 1), chinese).c_str(), stderr);
    return kExitFindings;
  }
  const auto imported = import_file(path, *map, options.value_or("units", ""));
  if (!imported) return told(imported.error().what, imported.error().code, chinese);
  if (options.has("dry-run")) {
    for (std::size_t i = 0; i < imported->events.size() && i < kShownEvents; ++i)
      std::printf("%s\n", imported->events[i].json.c_str());
  } else if (const Status s = write_events(*options.value("out"), *imported); !s) {
    return told(s.error());
  }
  if (const auto report = options.value("report")) {
    if (const Status s = write_file(*report, report_csv(*imported, chinese)); !s)
      return told(s.error());
  }
  if (options.value_or("format", "text") == "json") {
    std::fprintf(stderr, "%s\n", import_summary_json(path, *imported).c_str());
  } else {
    std::fputs(import_summary(path, *imported, chinese).c_str(), stderr);
  }
  return imported->clean() ? 0 : kExitFindings;
}

}  // namespace

int import_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  const auto usage = [](const std::string& what) {
    std::fprintf(stderr, "lianqing import: %s\n", what.c_str());
    return kExitUsage;
  };
  if (!options) return usage(options.error().what);
  const bool chinese = options->value_or("lang", prefers_chinese() ? "zh" : "en") == "zh";
  if (options->has("help")) {
    std::printf("%s%s%s", chinese ? kHelpZh : kHelpEn, options_help(kOptions, chinese).c_str(),
                chinese ? kTailZh : kTailEn);
    return 0;
  }
  if (options->positionals().size() != 1) return usage("expected one FILE");
  if (!options->has("map")) return usage("--map MAP is needed");
  if (!options->has("out") && !options->has("dry-run"))
    return usage("--out FILE is needed, or --dry-run");
  const std::string format = options->value_or("format", "text");
  if (format != "text" && format != "json")
    return usage("--format is text or json, not '" + format + "'");
  return import_one(*options, chinese);
}

}  // namespace lianqing
