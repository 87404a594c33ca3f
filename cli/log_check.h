// A pack beside a log: what the log holds that the pack does not know, what the pack waits for that
// the log never has, and how often each rule would have fired. By the same replay as `replay`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/event_feed.h"
#include "rules/syntax.h"

namespace lianqing {

struct LogCheckRequest {
  std::shared_ptr<const Program> program;
  PackSyntax syntax;  // for places
  EventFeed log;
  std::vector<RegisteredUnit> units;
  unsigned threads = 1;
  bool progress = false;
};

// How often one rule led to a level.
struct FiringCount {
  std::uint64_t total = 0;
  std::map<std::string, std::uint64_t> months;  // "2026-03", local; those with any
};

struct RuleFirings {
  std::string rule;
  FiringCount to[kLevels];  // rises to yellow, to red
  std::uint64_t units = 0;  // that it lit at any time
  std::uint64_t most = 0;   // lit at one instant
  std::string most_day;     // local day of that instant
};

struct LogCheck {
  Diagnostics findings;  // codes R210 and up
  std::vector<RuleFirings> rules;
  std::uint64_t records = 0, quarantined = 0, units = 0;
};

[[nodiscard]] Result<LogCheck> check_log(const LogCheckRequest& request);

std::string render_text(const LogCheck& check, bool chinese);

class JsonWriter;
// Members of the object that is open.
void write_json(const LogCheck& check, JsonWriter& out);

}  // namespace lianqing
