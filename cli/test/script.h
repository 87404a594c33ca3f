// A test as its file states it, with every time worked out: what happens, and what is expected of
// the rules. Plain structs between read_tests and the run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/replay.h"
#include "rules/syntax.h"

namespace lianqing {

// One record, as JSON for the decoder.
struct ScriptedEvent {
  std::string json;
  Instant recorded;
  std::string id;
  std::string quarantined;  // the code it is expected to be quarantined with; empty: admitted
  SourceSpan at;
};

// One expected change of level. What is absent may be anything.
struct ExpectedChange {
  Instant time;
  Level to = Level::green;
  std::optional<bool> revoked;
  std::optional<Cause> cause;
  std::optional<Duration> late_by;
  std::vector<std::pair<std::string, Text>> values;  // by measure
  Bilingual because;                                 // what is empty may be anything
  Text duty;
  SourceSpan at;
};

enum class ExpectationKind : std::uint8_t {
  timeline,  // every change, in order
  level,     // at an instant
  grey,      // at an instant
  below,     // a level that is never reached
  colour,    // of a unit, at an instant
};

struct Expectation {
  ExpectationKind kind = ExpectationKind::timeline;
  std::string unit, rule;
  std::optional<std::string> key;  // of a keyed rule, none: every key
  std::optional<Instant> time;     // none: at the end
  Level level = Level::green;
  bool grey = false;
  std::string shade;  // colour: an extra one; empty: the plain level
  std::vector<ExpectedChange> changes;
  SourceSpan at;
};

struct ParamOverride {
  std::string name;
  Text value;
};

struct Test {
  Bilingual name;
  SourceSpan at;
  Instant start;
  std::optional<Instant> until;
  ClockMode mode = ClockMode::as_recorded;
  std::vector<ParamOverride> params;
  std::vector<RegisteredUnit> units;
  std::vector<ScriptedEvent> events;
  std::vector<Expectation> expectations;
};

// The tests of one file; `file` is what its findings name. Everything that is wrong is reported;
// what can be read is given.
std::vector<Test> read_tests(const SourceText& source, std::uint32_t file, const Program& program,
                             Diagnostics& out);

}  // namespace lianqing
