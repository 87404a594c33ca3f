// What the measures of a pack come to at the end of a log that the user chose: folded once for each
// meaning of the pack, by the same replay as `replay`.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/event_feed.h"

namespace lianqing::lsp {

class LogValues {
 public:
  // `events` may be empty: then nothing is ever known.
  LogValues(std::vector<std::string> events, std::string units)
      : events_(std::move(events)), units_(std::move(units)) {}

  // "at the end of the log, 41 units: from 0 (u3) to 7 (u9), half of them 1 or less"; empty if
  // nothing is known of the measure. Measures that no rule reads are not folded.
  std::string in_words(const std::shared_ptr<const Program>& program, const std::string& measure,
                       bool chinese);

 private:
  struct Value {
    Number number;
    std::string unit, key;
  };
  using Values = std::map<std::string, std::vector<Value>>;  // by measure; sorted by number

  Result<Values> fold(const std::shared_ptr<const Program>& program) const;

  std::vector<std::string> events_;
  std::string units_;
  std::array<std::uint8_t, 32> folded_{};  // the pack that `values_` is of
  bool any_ = false;
  Values values_;
  std::string trouble_;  // why the log could not be folded
};

}  // namespace lianqing::lsp
