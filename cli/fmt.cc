// lianqing fmt: rule packs, their tests and calendars in the canonical layout.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/translation.h"
#include "lianqing/assert.h"
#include "rules/format.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr OptionSpec kOptions[] = {
    {"check", false, false, "不改文件，只列出需要整理的",
     "change nothing; list what is not canonical"},
    {"stdout", false, false, "不改文件，写到标准输出", "change nothing; write to standard output"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

// The YAML files of a folder, those in it below too (calendars/), or the one file.
Result<std::vector<std::string>> yaml_files(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  for (auto at = fs::recursive_directory_iterator(path, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string extension = at->path().extension().string();
    if (at->is_regular_file() && (extension == ".yaml" || extension == ".yml"))
      out.push_back(at->path().string());
  }
  if (error) return failure(ErrorCode::io, "cannot read " + path + ": " + error.message());
  std::sort(out.begin(), out.end());
  if (out.empty()) return failure(ErrorCode::refused, path + ": no .yaml or .yml file");
  return out;
}

// Whole or not at all.
Status replace_file(const std::string& path, const std::string& text) {
  LQ_TRY(OutputFile file, OutputFile::open(path, 0));
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (Status s = file.line(std::string(rest.substr(0, end))); !s) return s;
    rest.remove_prefix(end + 1);
  }
  return file.finish();
}

struct FmtRequest {
  bool check = false, to_stdout = false, chinese = false;
};

class Formatter {
 public:
  explicit Formatter(FmtRequest request) : request_(request) {}

  void take(const std::string& path) {
    auto bytes = read_file(path);
    if (!bytes) return tell(bytes.error());
    const SourceText source{path, *std::move(bytes)};
    const auto text = format_yaml(source);
    if (!text) {
      std::fputs(render_text(text.error(), {&source, 1}, request_.chinese).c_str(), stderr);
      return raise(kExitFindings);
    }
    if (request_.to_stdout) {
      std::fputs(text->c_str(), stdout);
      return;
    }
    if (*text == source.bytes) return;
    if (request_.check) {
      std::printf("%s\n", path.c_str());
      return raise(kExitFindings);
    }
    if (const Status s = replace_file(path, *text); !s) return tell(s.error());
    std::printf(request_.chinese ? "已整理 %s\n" : "laid out %s\n", path.c_str());
  }

  void tell(const Error& error) {
    std::fprintf(stderr, "lianqing fmt: %s\n", told(error, request_.chinese).c_str());
    raise(error.code == ErrorCode::refused ? kExitFindings : kExitIo);
  }
  int code() const { return code_; }

 private:
  void raise(int code) { code_ = std::max(code_, code); }

  FmtRequest request_;
  int code_ = 0;
};

}  // namespace

int fmt_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  const auto usage = [](const std::string& what) {
    std::fprintf(stderr, "lianqing fmt: %s\n", in_language(what, prefers_chinese()).c_str());
    return kExitUsage;
  };
  if (!options) return usage(options.error().what);
  const bool chinese = options->value_or("lang", prefers_chinese() ? "zh" : "en") == "zh";
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing fmt 规则包或文件... [选项]"
                        : "usage: lianqing fmt PACK|FILE... [OPTIONS]",
                options_help(kOptions, chinese).c_str());
    return 0;
  }
  if (options->has("check") && options->has("stdout"))
    return usage("--check and --stdout exclude each other");
  if (options->positionals().empty()) return usage("expected a PACK or FILEs");
  Formatter formatter({options->has("check"), options->has("stdout"), chinese});
  for (const std::string& path : options->positionals()) {
    const auto files = yaml_files(path);
    if (!files) {
      formatter.tell(files.error());
      continue;
    }
    for (const std::string& file : *files) formatter.take(file);
  }
  return formatter.code();
}

}  // namespace lianqing
