// What a test gave against what it expects.
#pragma once

#include "cli/test/trial.h"

namespace lianqing {

// One instant of two timelines side by side; either may have nothing there.
struct TimelineRow {
  const ExpectedChange* expected = nullptr;  // into the test
  const Warning* got = nullptr;              // into the course
  std::vector<Bilingual> differences;        // between the two, if both are there

  bool agrees() const { return expected != nullptr && got != nullptr && differences.empty(); }
};

struct Mismatch {
  SourceSpan at;
  Bilingual what;
  std::vector<TimelineRow> rows;  // of the timeline at fault; may be empty
  bool compared = false;          // the rows have an expected side
};

// Empty if everything is as expected. Points into both: they must outlive it.
std::vector<Mismatch> compare(const Test& test, const Course& course, const Program& program);

// A fact as people read it: numbers that do not end are cut to six decimals.
std::string fact_text(const Fact& fact);

}  // namespace lianqing
