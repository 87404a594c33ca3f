// The tests of a pack: the pack compiled, once for every set of params that tests ask for, its test
// files read, and all of them run.
#pragma once

#include <span>

#include "cli/test/compare.h"
#include "cli/test/coverage.h"

namespace lianqing {

// What a pack is compiled from.
struct TestedTexts {
  std::vector<SourceText> files, calendars;
};

// The pack with some params set as by a layer of its own on top. Findings about `params` are put
// where the test says them.
Checked<std::shared_ptr<const Program>> compile_with(const TestedTexts& pack,
                                                     std::span<const ParamOverride> params);

struct SuiteTest {
  std::uint32_t file = 0;  // into Suite::texts()
  Test test;
  std::shared_ptr<const Program> program;
};

struct Suite {
  TestedTexts pack;
  std::vector<SourceText> test_files;
  std::shared_ptr<const Program> program;  // without a test's params; null: the pack has errors
  std::vector<SuiteTest> tests;            // by file, in order
  Diagnostics findings;                    // all errors and those warnings that are about tests

  // What SourceSpan::file counts in findings: the pack's files, calendars, tests.
  std::vector<SourceText> texts() const;
};

// Compiles the pack and reads the tests: from the texts at hand to everything else.
void compile_suite(Suite& suite);
// Fails if something cannot be read; what is wrong with pack or tests is in `findings`.
[[nodiscard]] Result<Suite> load_suite(const std::string& path);

struct TestResult {
  const SuiteTest* test = nullptr;
  Course course;
  std::vector<Mismatch> mismatches;  // point into test and course

  bool passed() const { return mismatches.empty(); }
};

// In the order given, whatever the number of threads. `coverage` may be null.
std::vector<TestResult> run_tests(std::span<const SuiteTest* const> tests, unsigned threads,
                                  Coverage* coverage);

}  // namespace lianqing
