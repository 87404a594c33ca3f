// Between which values the measures of a program stay, and whether a condition can be true or false
// while they do. What is found impossible is impossible; what is found possible may not be.
#pragma once

#include <vector>

#include "lianqing/diagnostic.h"
#include "rules/lint/interval.h"
#include "rules/program.h"

namespace lianqing {

// What every measure can be, by index.
using Values = std::vector<Interval>;

// Which way a number can move while only new records come and time passes: not by retraction,
// correction or tolerance.
enum class Drift : std::uint8_t { any, still, up, down };

class Ranges {
 public:
  explicit Ranges(const Program& program);

  const Values& all() const { return all_; }
  Drift drift(std::uint32_t measure) const { return drifts_[measure]; }
  // "a count is never below zero"; empty if nothing is known.
  const Bilingual& why(std::uint32_t measure) const { return whys_[measure]; }

  Interval value_of(const Expr& expr, std::uint32_t node, const Values& values);
  // The values for which the condition is `wanted`; nothing if there are none. An absent condition
  // holds. A condition that is null is neither true nor false.
  std::optional<Values> when(std::uint32_t expr, bool wanted, const Values& values);

 private:
  struct Known {
    Interval range;
    Bilingual why;
  };
  Known know(const Measure& measure);
  Known of_stream(const Measure& measure);
  Known of_peers(const PeerView& view);
  Known of_roll_up(const RollUp& roll_up);
  Interval of_field(const Stream& stream) const;
  Drift drift_of(const Measure& measure) const;
  Drift drift_of(const Expr& expr, std::uint32_t node) const;

  std::optional<Values> narrow(const Expr& expr, std::uint32_t node, bool wanted, Values values);
  std::optional<Values> compare(const Expr& expr, const ExprNode& node, bool wanted, Values values);
  std::optional<Values> both(const Expr& expr, const ExprNode& node, bool wanted, Values values);
  std::optional<Values> either(const Expr& expr, const ExprNode& node, bool wanted,
                               const Values& values);
  // False when a pack makes one question too long: then nothing is known.
  bool may_go_on() { return ++steps_ < kMostSteps; }

  static constexpr int kMostSteps = 100'000;
  const Program& program_;
  Values all_;
  std::vector<Drift> drifts_;
  std::vector<Bilingual> whys_;
  int steps_ = 0;
};

}  // namespace lianqing
