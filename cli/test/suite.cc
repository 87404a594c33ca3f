#include "cli/test/suite.h"

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "cli/pack_files.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"
#include "rules/report.h"

namespace lianqing {
namespace {

// The layer that a test's params are, one line each below `params:`.
std::string layer_text(std::span<const ParamOverride> params) {
  std::string out = "params:\n";
  for (const ParamOverride& param : params) {
    out += "  " + param.name + ": ";
    if (param.value.quoted) {
      append_json_string(out, param.value.text);
    } else {
      out += param.value.text;
    }
    out += '\n';
  }
  return out;
}

class Loader {
 public:
  explicit Loader(Suite& suite) : suite_(suite) {}

  void load() {
    auto program = compile_with(suite_.pack, {});
    if (!program) {
      take_errors(program.error());
      return;
    }
    suite_.program = *program;
    programs_[layer_text({})] = suite_.program;
    const std::size_t before = suite_.pack.files.size() + suite_.pack.calendars.size();
    for (std::size_t i = 0; i < suite_.test_files.size(); ++i) {
      const auto file = static_cast<std::uint32_t>(before + i);
      for (Test& test : read_tests(suite_.test_files[i], file, *suite_.program, suite_.findings)) {
        suite_.tests.push_back({file, std::move(test), nullptr});
        suite_.tests.back().program = program_for(suite_.tests.back().test);
      }
    }
    sort_findings(suite_.findings);
  }

 private:
  std::shared_ptr<const Program> program_for(const Test& test) {
    const auto [at, is_new] = programs_.try_emplace(layer_text(test.params));
    if (!is_new) return at->second;
    auto compiled = compile_with(suite_.pack, test.params);
    if (compiled) {
      at->second = *compiled;
    } else {
      take_errors(compiled.error());
    }
    return at->second;
  }

  void take_errors(const Diagnostics& found) {
    for (const Diagnostic& one : found) {
      if (one.severity == Severity::error) suite_.findings.push_back(one);
    }
  }

  Suite& suite_;
  std::map<std::string, std::shared_ptr<const Program>> programs_;
};

std::set<std::string> rules_named(const Test& test) {
  std::set<std::string> out;
  for (const Expectation& expected : test.expectations) out.insert(expected.rule);
  return out;
}

}  // namespace

Checked<std::shared_ptr<const Program>> compile_with(const TestedTexts& pack,
                                                     std::span<const ParamOverride> params) {
  if (params.empty()) return compile_pack(pack.files, pack.calendars);
  std::vector<SourceText> files = pack.files;
  for (SourceText& file : files) ++file.layer;
  files.push_back({"params", layer_text(params)});
  auto compiled = compile_pack(files, pack.calendars);
  if (compiled) return compiled;
  Diagnostics errors = compiled.error();
  for (Diagnostic& error : errors) {
    const std::uint32_t line = error.at.line;
    if (error.at.file > pack.files.size()) {
      --error.at.file;  // a calendar
    } else if (error.at.file == pack.files.size() && line >= 2 && line - 2 < params.size()) {
      error.at = params[line - 2].value.at;
    }
  }
  return Unexpected<Diagnostics>(std::move(errors));
}

std::vector<SourceText> Suite::texts() const {
  std::vector<SourceText> out = pack.files;
  out.insert(out.end(), pack.calendars.begin(), pack.calendars.end());
  out.insert(out.end(), test_files.begin(), test_files.end());
  return out;
}

void compile_suite(Suite& suite) { Loader(suite).load(); }

Result<Suite> load_suite(const std::string& path) {
  Suite suite;
  LQ_TRY(suite.pack.files, read_pack(path));
  LQ_TRY(suite.pack.calendars, read_calendars(path));
  LQ_TRY(suite.test_files, read_pack_tests(path));
  compile_suite(suite);
  return suite;
}

std::vector<TestResult> run_tests(std::span<const SuiteTest* const> tests, unsigned threads,
                                  Coverage* coverage) {
  std::vector<TestResult> results(tests.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&](Coverage& seen) {
    std::set<std::string> named;
    TrialWatcher watcher;
    if (coverage != nullptr) {
      watcher = [&](const Fold& fold, const Rule& rule, const Leaves& leaves, bool grey) {
        if (named.contains(rule.id)) seen.judged(fold, rule, leaves, grey);
      };
    }
    for (std::size_t i = next++; i < tests.size(); i = next++) {
      TestResult& result = results[i];
      result.test = tests[i];
      named = rules_named(tests[i]->test);
      result.course = run_trial(tests[i]->test, tests[i]->program, watcher);
      result.mismatches = compare(tests[i]->test, result.course, *tests[i]->program);
      for (const Warning& change : result.course.changes) {
        if (named.contains(change.rule)) seen.changed(change);
      }
    }
  };
  std::vector<Coverage> seen(std::max(1U, threads));
  {
    std::vector<std::jthread> pool;
    for (std::size_t i = 1; i < seen.size(); ++i)
      pool.emplace_back([&work, &mine = seen[i]] { work(mine); });
    work(seen[0]);
  }
  if (coverage != nullptr) {
    for (const Coverage& one : seen) coverage->merge(one);
  }
  return results;
}

}  // namespace lianqing
