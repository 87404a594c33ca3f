// lianqing import: tables that an office keeps into events.
#include <cstdio>

#include "cli/commands.h"
#include "cli/import/draft_map.h"
#include "cli/import/drop.h"
#include "cli/import/import_rows.h"
#include "cli/import/open_table.h"
#include "cli/import/report.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/translation.h"
#include "lianqing/assert.h"
#include "rules/duration.h"

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
    {"new-map", false, false, "按表头草拟一个映射，写到标准输出或 --out",
     "draft a map from the header, to standard output or --out"},
    {"drop", true, false, "投放目录：放进去的文件逐个导入，移到 done/ 或 failed/，附报告",
     "a folder: files put into it are imported and moved to done/ or failed/, with a report"},
    {"map-dir", true, false, "投放目录用的映射（*.map.yaml）所在的文件夹",
     "the folder of maps (*.map.yaml) for --drop"},
    {"data", true, false, "--drop 的事件追加到这个数据目录的日志（或 --out 文件夹）",
     "append the events of --drop to the log of this data directory (or --out FOLDER)"},
    {"settle", true, false, "文件多久不再变化才导入，默认 5s",
     "how long a file must not have changed before it is taken; 5s by default"},
    {"once", false, false, "投放目录清空后即结束", "end when nothing is left in the folder"},
    {"dry-run", false, false, "不写事件，只显示前几条和会怎样",
     "write no events; show the first ones and what would happen"},
    {"format", true, false, "text 或 json：小结怎样显示", "text or json: how the summary is shown"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr const char* kHelpZh =
    "用法：lianqing import 文件 --map 映射 --out 事件.jsonl [选项]\n"
    "      lianqing import 文件 --new-map [--out 映射.yaml]\n"
    "      lianqing import --drop 目录 --map-dir 映射目录 (--data 数据目录 | --out 目录) "
    "[--once]\n\n"
    "把表格（CSV、XLSX、JSON "
    "行）变成事件。编码（UTF-8、GBK/GB18030、UTF-16）和分隔符自动识别并写明。\n"
    "每一行都有着落：写入、跳过（合计行、重复行）、待核（单位名称不在表中）、拒收，四者相加等于读入"
    "。\n"
    "同一文件再导入一次，事件一字节不差；追加到日志不会重复。\n\n";
constexpr const char* kHelpEn =
    "usage: lianqing import FILE --map MAP --out EVENTS.jsonl [OPTIONS]\n"
    "       lianqing import FILE --new-map [--out MAP.yaml]\n"
    "       lianqing import --drop FOLDER --map-dir MAPS (--data DIR | --out FOLDER) [--once]\n\n"
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

int ended(const Bilingual& what, ErrorCode code, bool chinese) {
  std::fprintf(stderr, "lianqing import: %s\n", what.in(chinese).c_str());
  return code == ErrorCode::refused ? kExitFindings
         : code == ErrorCode::usage ? kExitUsage
                                    : kExitIo;
}
int ended(const Error& error, bool chinese) {
  return ended({in_chinese(error.what), error.what}, error.code, chinese);
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
  if (!bytes) return ended(bytes.error(), chinese);
  const SourceText text{*options.value("map"), *std::move(bytes)};
  const auto map = read_import_map(text);
  if (!map) {
    std::fputs(render_text(map.error(), std::span(&text, 1), chinese).c_str(), stderr);
    return kExitFindings;
  }
  const auto imported = import_file(path, *map, options.value_or("units", ""));
  if (!imported) return ended(imported.error().what, imported.error().code, chinese);
  if (options.has("dry-run")) {
    for (std::size_t i = 0; i < imported->events.size() && i < kShownEvents; ++i)
      std::printf("%s\n", imported->events[i].json.c_str());
  } else if (const Status s = write_events(*options.value("out"), *imported); !s) {
    return ended(s.error(), chinese);
  }
  if (const auto report = options.value("report")) {
    if (const Status s = write_file(*report, report_csv(*imported, chinese)); !s)
      return ended(s.error(), chinese);
  }
  if (options.value_or("format", "text") == "json") {
    std::fprintf(stderr, "%s\n", import_summary_json(path, *imported).c_str());
  } else {
    std::fputs(import_summary(path, *imported, chinese).c_str(), stderr);
  }
  return imported->clean() ? 0 : kExitFindings;
}

int draft_one(const std::string& path, const std::string& out, bool chinese) {
  auto table = open_table(path, {});
  if (!table) return ended(table.error().what, table.error().code, chinese);
  const auto draft = draft_map(path, *table);
  if (!draft) return ended(draft.error().what, draft.error().code, chinese);
  if (out.empty() || out == "-") {
    std::fputs(draft->c_str(), stdout);
  } else if (const Status s = write_file(out, *draft); !s) {
    return ended(s.error(), chinese);
  }
  return 0;
}

Result<int> drop(const Options& options, bool chinese) {
  const auto usage = [](const char* what) { return failure(ErrorCode::usage, what); };
  if (!options.positionals().empty() || options.has("map") || options.has("report"))
    return usage("--drop takes its files from the folder: no FILE, --map or --report");
  if (!options.has("map-dir")) return usage("--map-dir MAPS is needed");
  if (options.has("data") == options.has("out"))
    return usage("give --data DIR or --out FOLDER, one of them");
  DropRun run;
  run.drop = *options.value("drop");
  run.maps = *options.value("map-dir");
  run.units = options.value_or("units", "");
  run.data = options.value_or("data", "");
  run.out = options.value_or("out", "");
  run.once = options.has("once");
  run.chinese = chinese;
  if (const auto settle = options.value("settle")) {
    const auto span = parse_span(*settle);
    if (!span || span->workdays) return usage("--settle expects a length of time such as 5s");
    run.settle = Duration{span->amount};
  }
  return run_drop(run);
}

}  // namespace

int import_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  const auto usage = [](const std::string& what) {
    std::fprintf(stderr, "lianqing import: %s\n", in_language(what, prefers_chinese()).c_str());
    return kExitUsage;
  };
  if (!options) return usage(options.error().what);
  const bool chinese = options->value_or("lang", prefers_chinese() ? "zh" : "en") == "zh";
  if (options->has("help")) {
    std::printf("%s%s%s", chinese ? kHelpZh : kHelpEn, options_help(kOptions, chinese).c_str(),
                chinese ? kTailZh : kTailEn);
    return 0;
  }
  if (options->has("drop")) {
    const auto code = drop(*options, chinese);
    return code ? *code : ended(code.error(), chinese);
  }
  for (const char* name : {"map-dir", "data", "settle", "once"})
    if (options->has(name)) return usage(std::string("--") + name + " goes with --drop");
  if (options->positionals().size() != 1) return usage("expected one FILE");
  if (options->has("new-map")) {
    return draft_one(options->positionals()[0], options->value_or("out", ""), chinese);
  }
  if (!options->has("map")) return usage("--map MAP is needed");
  if (!options->has("out") && !options->has("dry-run"))
    return usage("--out FILE is needed, or --dry-run");
  const std::string format = options->value_or("format", "text");
  if (format != "text" && format != "json")
    return usage("--format is text or json, not '" + format + "'");
  return import_one(*options, chinese);
}

}  // namespace lianqing
