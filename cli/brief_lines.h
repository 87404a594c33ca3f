// The short JSON form of a warning: only what changed, no reasons, evidence, sentence or outlook.
// docs/rules/warnings.md describes each member; the order of members is fixed.
// Card: a line of 190 bytes of W20 is a dozen copies; what does not differ from one line to the
// next of a rule is laid out when the writer is made.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "connectors/line_text.h"
#include "engine/leaving.h"
#include "rules/program.h"

namespace lianqing {

// The program is looked at when it is made, and no more.
class BriefLines {
 public:
  explicit BriefLines(const Program& program);

  // One line without the newline, instead of what `out` said. `rule`: its index; `values`: one for
  // each of its measures.
  void write(const Leaving& leaving, std::uint32_t rule, std::span<const Fact> values,
             std::string& out) const;

 private:
  struct Ready {
    std::string rule;                // its member
    std::vector<std::string> names;  // what comes before each value
  };

  std::vector<Ready> rules_;
  std::vector<std::string> changes_;  // members from `from` on, up to the time
};

}  // namespace lianqing
