// The results of a pack's tests as text for people, as JSON, and as JUnit XML.
#pragma once

#include <algorithm>

#include "cli/explanation.h"
#include "cli/test/mutants.h"
#include "cli/test/suite.h"

namespace lianqing {

// One line per test; of those that failed, why, with the two timelines side by side.
std::string results_text(const Suite& suite, std::span<const TestResult> results, Style style);
// Levels, exits, needs and limits per rule, then what no test shows.
std::string coverage_text(const Suite& suite, const Coverage& coverage, Style style);
// "12 tests, 1 failed"
std::string counts_text(std::span<const TestResult> results, bool chinese);

// `coverage` may be null.
std::string results_json(const Suite& suite, std::span<const TestResult> results,
                         const Coverage* coverage);
// How the mutants fared: those that survived with their lines, then the share that was caught.
struct Hunt {
  std::vector<Mutant> mutants;
  std::vector<MutantFate> fates;

  std::size_t count(MutantFate fate) const {
    return static_cast<std::size_t>(std::count(fates.begin(), fates.end(), fate));
  }
  // Of those that could run at all, in percent, cut to tenths.
  Number share() const;
};
std::string hunt_text(const Suite& suite, const Hunt& hunt, Style style);
std::string hunt_json(const Suite& suite, const Hunt& hunt);

// A <testsuite> per file, to be wrapped by junit_document.
std::string junit_suites(const Suite& suite, std::span<const TestResult> results, Style style);
// Of a pack whose tests cannot be run: one <testsuite> with the reason as its error.
std::string junit_error(const std::string& pack, const std::string& why);
std::string junit_document(const std::string& suites);

}  // namespace lianqing
