// The fields that a rule pack declares sensitive, taken out of what was refused before it is shown:
// a refused record is kept as it came, and nobody reads such a value in an answer.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "rules/program.h"

namespace lianqing {

class Sensitive {
 public:
  explicit Sensitive(const Program& program);

  // The record with "***" for the values of such fields, at any depth; it may be cut short. Nothing
  // if it names one in a way in which its value is not found.
  std::optional<std::string> redacted(std::string_view raw) const;

 private:
  bool names_one(std::string_view text) const;

  std::set<std::string, std::less<>> names_;  // last parts of their paths
};

}  // namespace lianqing
