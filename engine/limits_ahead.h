// What becomes of a rule's conditions if nothing new comes, where each of them compares the count
// or the sum of a sliding window (or of all history) with a number, as most do.
#pragma once

#include <boost/container/small_vector.hpp>
#include <optional>

#include "engine/judge.h"

namespace lianqing {

// Card: nothing is copied. It stops only where a condition changes its outcome: between two such
// instants judging again changes nothing but what is due. To get there, a count over which nothing
// but leaving lies ahead takes no step at all; else it is one per sample that enters or leaves.
class LimitsAhead {
 public:
  // Nothing if the rule of `instance` looks at something else, or if judging it again now would
  // change anything. The unit must stay as it is.
  static std::optional<LimitsAhead> of(const Fold& fold, const UnitState& unit,
                                       const Instance& instance);

  // The next instant at which a condition changes its outcome; kNever if none ever does.
  Instant next();
  // To next() or to an instant before it.
  void move_to(Instant t);
  // As they are where it was moved to last.
  Verdicts verdicts(Instant) const;

 private:
  struct Leg {
    const Series* series = nullptr;  // null: no event ever
    std::uint32_t window = kNone;
    std::size_t begin = 0, end = 0;  // samples inside
    Wide sum = 0;                    // millionths
    bool sums = false;               // somebody looks at `sum`
    Duration after{0};
    std::optional<Duration> over;

    Instant enters() const;
    Instant leaves() const;
    void move_to(Instant t);
  };
  struct Test {
    std::uint32_t expr = kNone, leg = kNone;
    Op op = Op::greater_equal;
    Number limit;
    std::optional<Wide> micros;  // the limit in whole millionths, if it is that
    bool sums = false;
    bool now = false, then = false;  // the outcome where it was moved to last, and at `next_`
  };

  bool add(const Fold& fold, const UnitState& unit, const Instance& instance, std::uint32_t expr);
  bool holds(const Test& test) const;
  void pass_over();
  bool holds_now(std::uint32_t expr) const;
  bool is_settled(const Instance& instance) const;

  const Rule* rule_ = nullptr;
  boost::container::small_vector<Leg, 2> legs_;
  boost::container::small_vector<Test, 5> tests_;
  std::optional<Instant> next_;  // where the legs stand, if they are ahead
};

}  // namespace lianqing
