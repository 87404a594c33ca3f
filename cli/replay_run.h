// `lianqing replay` and what shares its way from files to a finished fold: one request, one run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/event_feed.h"
#include "cli/explanation.h"
#include "engine/replay.h"

namespace lianqing {

struct ReplayRequest {
  std::shared_ptr<const Program> program;
  std::vector<std::shared_ptr<const Program>> later;  // that the log may activate
  std::vector<RegisteredUnit> units;
  EventFeed log;
  ReplayOptions options;
  std::string state;       // directory; empty: none
  std::string out;         // file of JSON lines; empty: standard output
  std::string quarantine;  // file; empty: only counted and shown
  std::string cases;       // file for the steps of cases; empty: none
  std::string colours;     // file for the changes of units' colours; empty: none
  bool brief = false;      // transitions without reasons, evidence and outlook
  bool instants = false;   // every unit instant by instant, even where whole units would do
  bool table = false;      // a table for people on standard output instead of JSON lines
  bool quiet = false;      // no summary
  bool progress = false;
  Style style;
};

// Runs it; the summary goes to standard error. The result is the exit code: 1 if levels or
// deadlines are missing because the calendar lacks a year.
int run_replay(const ReplayRequest& request);

// Told on standard error; the exit code that belongs to it.
int report(const Error& error, bool chinese);

}  // namespace lianqing
