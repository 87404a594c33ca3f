// What the accused unit's own viewers may read: of a warning rule and category always; counts, and
// what rests on them, only where three different reporters stand behind them; the ids of events
// never; of anything the day, never the time of day. docs/security.md has it in words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/program.h"

namespace lianqing {

class Discretion {
 public:
  static constexpr std::uint64_t kLeastReporters = 3;

  explicit Discretion(const Program& program);

  // A warning as our own writer makes it, without what such a viewer may not read.
  std::string warning(std::string_view text) const;
  // An answer of ours without times of day: an instant becomes the start of its local day, and a
  // local time in a sentence its date.
  std::string days_only(std::string_view text) const;
  Instant start_of_day(Instant t) const { return zone_.start_of(zone_.day_of(t)); }
  // The last instant of its local day.
  Instant end_of_day(Instant t) const { return zone_.end_of(zone_.day_of(t)) - Duration{1}; }

 private:
  struct Guarded {
    std::string measure;
    std::vector<std::string> reporters;  // measures that count the reporters of the same events
    bool derived = false;                // of other measures of the rule: told with them
  };
  using Values = std::map<std::string, std::string_view, std::less<>>;  // name -> JSON text
  const std::vector<Guarded>& guarded(std::string_view rule) const;
  static bool is_told(const Guarded& measure, const Values& values);

  const Zone zone_;
  const std::string hash_;                                          // of the pack
  std::map<std::string, std::vector<Guarded>, std::less<>> rules_;  // all of the pack
  const std::vector<Guarded> everything_;  // of a rule that is not in the pack any more
};

}  // namespace lianqing
