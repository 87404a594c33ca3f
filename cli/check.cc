// lianqing check PACK: every finding of the rule language, or what one code means.
#include <cstdio>

#include "cli/commands.h"
#include "cli/expanded.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "lianqing/ruleset.h"
#include "rules/code_examples.h"
#include "rules/codes.h"
#include "rules/layers.h"
#include "rules/program.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"format", true, false, "text 或 json", "text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"expanded", false, false, "输出合并各层之后的规则包，注明每个值的出处",
     "print the pack with all its layers put together, and where each value comes from"},
    {"explain", true, false, "解释一个代码，例如 R012", "explain a code, such as R012"},
    {"help", false, false, "显示这些选项", "show these options"},
};

int usage(const std::string& what) {
  std::fprintf(stderr, "lianqing check: %s\n", what.c_str());
  return kExitUsage;
}

int unreadable(const Error& error) {
  std::fprintf(stderr, "lianqing check: %s\n", error.what.c_str());
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

int check_pack(const std::string& path, bool json, bool expanded, bool chinese) {
  auto files = read_pack(path);
  if (!files) return unreadable(files.error());
  const auto calendars = read_calendars(path);
  if (!calendars) return unreadable(calendars.error());
  Diagnostics findings;
  const auto program = compile_pack(*files, *calendars, &findings);
  if (!program) findings = program.error();
  if (program && expanded) {
    print_expanded(*files, json);
    return 0;
  }
  std::vector<SourceText> texts = *std::move(files);
  texts.insert(texts.end(), calendars->begin(), calendars->end());
  if (json) {
    std::fputs(render_json(findings, texts).c_str(), stdout);
  } else {
    std::fputs(render_text(findings, texts, chinese).c_str(), stdout);
    std::fprintf(stdout, "%s: %s\n", path.c_str(), render_counts(findings, chinese).c_str());
  }
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
  return check_pack(options->positionals()[0], format == "json", options->has("expanded"), chinese);
}

}  // namespace lianqing
