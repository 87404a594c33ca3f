// lianqing check PACK: every finding of the rule language, or what one code means.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/commands.h"
#include "cli/expanded.h"
#include "cli/language.h"
#include "cli/log_check.h"
#include "cli/options.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/replay_run.h"
#include "cli/translation.h"
#include "cli/units_file.h"
#include "connectors/json_writer.h"
#include "lianqing/ruleset.h"
#include "rules/code_examples.h"
#include "rules/codes.h"
#include "rules/layers.h"
#include "rules/lint/allowance.h"
#include "rules/parse.h"
#include "rules/program.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"format", true, false, "text 或 json", "text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"expanded", false, false, "输出合并各层之后的规则包，注明每个值的出处",
     "print the pack with all its layers put together, and where each value comes from"},
    {"events", true, true, "与日志对照：事件文件（JSON 行，可为 .gz）",
     "look at a log as well: event files (JSON lines, plain or .gz)"},
    {"data", true, false, "数据目录：读其中的日志，代替 --events",
     "data directory: its log is read instead of --events"},
    {"units", true, false, "单位登记表（CSV 或 YAML）", "unit register (CSV or YAML)"},
    {"sort", false, false, "先按登记时间排序", "sort by recorded time first"},
    {"explain", true, false, "解释一个代码，例如 R012", "explain a code, such as R012"},
    {"help", false, false, "显示这些选项", "show these options"},
};

int usage(const std::string& what) {
  std::fprintf(stderr, "lianqing check: %s\n", in_language(what, prefers_chinese()).c_str());
  return kExitUsage;
}

int unreadable(const Error& error) {
  std::fprintf(stderr, "lianqing check: %s\n", told(error, prefers_chinese()).c_str());
  return error.code == ErrorCode::refused ? kExitFindings : kExitIo;
}

// Every line of a piece of a pack, set in.
std::string set_in(std::string_view text) {
  std::string out = "    ";
  for (const char c : text) out += c == '\n' ? "\n    " : std::string(1, c);
  return out + "\n";
}

std::string explanation_of(const CodeRow& row, bool chinese) {
  std::string out = std::string(row.code) + " (" +
                    std::string(severity_word(row.severity, chinese)) +
                    "): " + std::string(chinese ? row.title_zh : row.title_en) + "\n  " +
                    std::string(chinese ? row.explanation_zh : row.explanation_en) + "\n";
  for (const CodeExample& example : kCodeExamples) {
    if (example.code != row.code) continue;
    if (!example.wrong.empty())
      out += (chinese ? "  不要写：\n" : "  wrong:\n") + set_in(example.wrong);
    out += (chinese ? "  应写：\n" : "  right:\n") + set_in(example.right);
  }
  return out;
}

int explain(std::string code, bool chinese) {
  if (!code.empty() && code[0] == 'r') code[0] = 'R';
  std::vector<std::string> known;
  for (const CodeRow& info : kCodes) {
    known.emplace_back(info.code);
    if (info.code != code) continue;
    std::fputs(explanation_of(info, chinese).c_str(), stdout);
    return 0;
  }
  const auto nearest = nearest_name(code, known);
  return usage("unknown code '" + code + "'" + (nearest ? "; did you mean " + *nearest + "?" : ""));
}

int print_help(bool chinese) {
  std::printf(
      "%s\n\n%s",
      chinese ? "用法：lianqing check 规则包 [选项]" : "usage: lianqing check PACK [OPTIONS]",
      options_help(kOptions, chinese).c_str());
  return 0;
}

// What is written only if the pack has no error.
void print_expanded(const std::vector<SourceText>& files, bool json) {
  Diagnostics none;
  const JoinedPack joined = join_pack(files, none);
  const std::string text =
      json ? render_expanded_json(joined.root, files) : render_expanded_yaml(joined.root, files);
  std::fputs(text.c_str(), stdout);
}

struct CheckRequest {
  std::string pack;
  bool json = false, expanded = false, chinese = false;
  std::vector<std::string> events;  // files, or the data directory
  bool data = false, sort = false;
  std::string units;
};

// What the log adds to the findings.
Result<LogCheck> look_at_log(const CheckRequest& request, std::span<const SourceText> files,
                             std::shared_ptr<const Program> program) {
  Diagnostics ignored;
  LogCheckRequest log{std::move(program), parse_pack(files, ignored), {}, {}, 1, false};
  log.log.paths = request.events;
  log.log.data = request.data;
  log.log.sort = request.sort;
  log.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  log.progress = ::isatty(STDERR_FILENO) == 1;
  if (!request.units.empty()) {
    LQ_TRY(log.units, read_units(request.units));
  }
  LQ_TRY(LogCheck check, check_log(log));
  drop_allowed(log.syntax.allowances, check.findings);
  return check;
}

void print_findings(const CheckRequest& request, const Diagnostics& findings,
                    std::span<const SourceText> texts, const std::optional<LogCheck>& log) {
  if (!request.json) {
    std::fputs(render_text(findings, texts, request.chinese).c_str(), stdout);
    std::printf("%s: %s\n", request.pack.c_str(), render_counts(findings, request.chinese).c_str());
    if (log) std::fputs(render_text(*log, request.chinese).c_str(), stdout);
    return;
  }
  std::string text = render_json(findings, texts);
  if (log) {
    std::string whole;
    JsonWriter out(whole);
    text.pop_back();
    out.begin_object().key("findings").raw(text).key("log").begin_object();
    write_json(*log, out);
    out.end_object().end_object();
    text = whole + "\n";
  }
  std::fputs(text.c_str(), stdout);
}

int check_pack(const CheckRequest& request) {
  auto files = read_pack(request.pack);
  if (!files) return unreadable(files.error());
  const auto calendars = read_calendars(request.pack);
  if (!calendars) return unreadable(calendars.error());
  Diagnostics findings;
  const auto program = compile_pack(*files, *calendars, &findings);
  if (!program) findings = program.error();
  if (program && request.expanded) {
    print_expanded(*files, request.json);
    return 0;
  }
  std::optional<LogCheck> log;
  if (program && !request.events.empty()) {
    auto looked = look_at_log(request, *files, *program);
    if (!looked) return report(looked.error(), request.chinese);
    log = *std::move(looked);
    findings.insert(findings.end(), log->findings.begin(), log->findings.end());
    sort_findings(findings);
  }
  std::vector<SourceText> texts = *std::move(files);
  texts.insert(texts.end(), calendars->begin(), calendars->end());
  print_findings(request, findings, texts, log);
  return program ? 0 : kExitFindings;
}

}  // namespace

int check_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return usage(options.error().what);
  const std::string lang = options->value_or("lang", prefers_chinese() ? "zh" : "en");
  if (lang != "zh" && lang != "en") return usage("--lang is zh or en, not '" + lang + "'");
  const bool chinese = lang == "zh";
  if (options->has("help")) return print_help(chinese);
  if (const auto code = options->value("explain")) return explain(*code, chinese);
  const std::string format = options->value_or("format", "text");
  if (format != "text" && format != "json")
    return usage("--format is text or json, not '" + format + "'");
  if (options->positionals().size() != 1) return usage("expected one PACK: a folder or a file");
  const bool data = options->has("data");
  if (options->has("units") && !data && !options->has("events"))
    return usage("--units goes with --events or --data");
  if (data && options->has("events")) return usage("--events and --data exclude each other");
  return check_pack({options->positionals()[0], format == "json", options->has("expanded"), chinese,
                     options->values(data ? "data" : "events"), data, options->has("sort"),
                     options->value_or("units", "")});
}

}  // namespace lianqing
