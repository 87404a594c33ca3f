// lianqing test PACK...: runs the *.test.yaml beside the rules.
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/test/report.h"
#include "rules/report.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"run", true, false, "只运行名称含有这段文字（或符合 * ? 通配）的测试",
     "only tests whose name contains this text, or matches it with * and ?"},
    {"mutants", false, false, "把数字和比较逐个改动，看测试能否发现",
     "change numbers and comparisons one at a time: do the tests notice?"},
    {"at-least", true, false, "--mutants：测试应发现的百分比（默认 95）",
     "--mutants: percent that the tests must catch (default 95)"},
    {"watch", false, false, "文件一有改动就重新运行", "run again whenever a file changes"},
    {"junit", true, false, "结果另写入此文件（JUnit XML）",
     "write the results to this file as JUnit XML"},
    {"format", true, false, "text 或 json", "text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

struct TestRequest {
  std::vector<std::string> packs;
  std::string run, junit;
  bool json = false;
  bool mutants = false;
  Number at_least{95};  // percent
  Style style;
};

bool matches(const std::string& pattern, const std::string& name) {
  if (name.find(pattern) != std::string::npos) return true;
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::vector<const SuiteTest*> chosen(const Suite& suite, const std::string& run) {
  std::vector<const SuiteTest*> out;
  for (const SuiteTest& test : suite.tests) {
    const Bilingual& name = test.test.name;
    if (run.empty() || matches(run, name.zh) || matches(run, name.en)) out.push_back(&test);
  }
  return out;
}

unsigned thread_count() { return std::clamp(std::thread::hardware_concurrency(), 1U, 8U); }

struct Tally {
  std::size_t run = 0;
  int code = 0;
  std::string junit;
};

// The tests are known to pass.
void hunt(const TestRequest& request, const Suite& suite, Tally& tally) {
  Hunt found;
  found.mutants = mutants_of(suite.pack);
  found.fates = try_mutants(suite, found.mutants, thread_count());
  if (found.share() < request.at_least) tally.code = std::max(tally.code, kExitFindings);
  const std::string out =
      request.json ? hunt_json(suite, found) : hunt_text(suite, found, request.style);
  std::fputs(out.c_str(), stdout);
}

void run_pack(const TestRequest& request, const std::string& path, Tally& tally) {
  const bool zh = request.style.chinese;
  const auto suite = load_suite(path);
  if (!suite) {
    tally.code = std::max(tally.code, report(suite.error(), zh));
    tally.junit += junit_error(path, suite.error().what);
    return;
  }
  const bool broken = has_error(suite->findings);
  const std::string findings = render_text(suite->findings, suite->texts(), zh);
  if (request.json && broken) {
    std::fputs(render_json(suite->findings, suite->texts()).c_str(), stdout);
  } else {
    std::fputs(findings.c_str(), stderr);
  }
  if (broken || suite->test_files.empty()) {
    const std::string none = zh ? "没有测试文件（*.test.yaml）" : "no test files (*.test.yaml)";
    if (!broken) std::fprintf(stderr, "lianqing test: %s: %s\n", path.c_str(), none.c_str());
    tally.code = std::max(tally.code, kExitFindings);
    tally.junit += junit_error(path, broken ? findings : none);
    return;
  }
  const auto tests = chosen(*suite, request.run);
  Coverage coverage;
  const bool whole = request.run.empty() && !request.mutants;
  const auto results = run_tests(tests, thread_count(), whole ? &coverage : nullptr);
  tally.run += tests.size();
  const bool passed =
      std::all_of(results.begin(), results.end(), [](const TestResult& r) { return r.passed(); });
  if (!passed) tally.code = std::max(tally.code, kExitFindings);
  if (request.mutants && passed) return hunt(request, *suite, tally);
  tally.junit += junit_suites(*suite, results, request.style);
  if (request.json) {
    std::fputs(results_json(*suite, results, whole ? &coverage : nullptr).c_str(), stdout);
    return;
  }
  std::string out = results_text(*suite, results, request.style);
  if (whole) out += "\n" + coverage_text(*suite, coverage, request.style);
  out += path + ": " + counts_text(results, zh) + "\n";
  std::fputs(out.c_str(), stdout);
}

int run_once(const TestRequest& request) {
  Tally tally;
  for (const std::string& pack : request.packs) run_pack(request, pack, tally);
  if (!request.junit.empty()) {
    std::ofstream file(request.junit, std::ios::binary);
    file << junit_document(tally.junit);
    if (!file.flush()) {
      return report({ErrorCode::io, "cannot write " + request.junit}, request.style.chinese);
    }
  }
  if (tally.run == 0 && tally.code == 0 && !request.run.empty()) {
    const char* what = request.style.chinese ? "没有测试的名称符合 " : "no test has a name like ";
    std::fprintf(stderr, "lianqing test: %s'%s'\n", what, request.run.c_str());
    return kExitUsage;
  }
  return tally.code;
}

// All that a run reads, with its times of change, as one text to compare.
std::string fingerprint_of_files(const TestRequest& request) {
  std::string out;
  std::error_code error;
  const auto add = [&](const std::vector<SourceText>& texts) {
    for (const SourceText& text : texts) {
      const auto time = std::filesystem::last_write_time(text.name, error);
      out += text.name + "\n" + std::to_string(time.time_since_epoch().count()) + "\n";
    }
  };
  for (const std::string& pack : request.packs) {
    for (const auto& texts : {read_pack(pack), read_calendars(pack), read_pack_tests(pack)}) {
      if (texts) add(*texts);
    }
  }
  return out;
}

// Until interrupted.
int watch(const TestRequest& request) {
  constexpr std::chrono::milliseconds kPause{300};
  std::string known;
  for (;;) {
    const std::string now = fingerprint_of_files(request);
    if (now != known) {
      known = now;
      if (::isatty(STDOUT_FILENO) == 1) std::fputs("\033[2J\033[H", stdout);
      run_once(request);
      std::fputs(
          request.style.chinese ? "等待改动，Ctrl-C 结束\n" : "waiting for changes; Ctrl-C ends\n",
          stdout);
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(kPause);
  }
}

int usage(const std::string& what) { return report({ErrorCode::usage, what}, prefers_chinese()); }

}  // namespace

int test_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return usage(options.error().what);
  TestRequest request;
  request.style.chinese = is_chinese(*options);
  request.style.colour = ::isatty(STDOUT_FILENO) == 1;
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                request.style.chinese ? "用法：lianqing test 规则包... [选项]"
                                      : "usage: lianqing test PACK... [OPTIONS]",
                options_help(kOptions, request.style.chinese).c_str());
    return 0;
  }
  const std::string format = options->value_or("format", "text");
  if (format != "text" && format != "json")
    return usage("--format is text or json, not '" + format + "'");
  request.json = format == "json";
  request.packs = options->positionals();
  request.run = options->value_or("run", "");
  request.mutants = options->has("mutants");
  const auto at_least = Number::parse(options->value_or("at-least", "95"));
  if (!at_least || *at_least < Number(0) || *at_least > Number(100))
    return usage("--at-least is a percentage, not '" + options->value_or("at-least", "") + "'");
  request.at_least = *at_least;
  if (request.mutants && !(request.run.empty() && request.junit.empty()))
    return usage("--mutants goes without --run and --junit");
  request.junit = options->value_or("junit", "");
  if (request.packs.empty()) return usage("expected a PACK: a folder or a file");
  return options->has("watch") ? watch(request) : run_once(request);
}

}  // namespace lianqing
