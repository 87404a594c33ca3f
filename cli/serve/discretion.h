// What of a warning the accused unit's own viewers may read: rule and category always; counts, and
// what rests on them, only where three different reporters stand behind them; the ids of events
// never. docs/security.md has it in words.
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
  // An instant of that rule as such a viewer may read it: of a rule on complaints, only its day.
  Instant coarse(const std::string& rule, Instant t) const;

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
  std::map<std::string, std::vector<Guarded>, std::less<>> rules_;  // all of the pack
  const std::vector<Guarded> everything_;  // of a rule that is not in the pack any more
};

}  // namespace lianqing
