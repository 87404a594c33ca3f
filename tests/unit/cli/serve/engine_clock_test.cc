#include "cli/serve/engine_clock.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

constexpr Duration kSecond{1'000'000};

struct Hands {
  Duration wall = days(20'000), elapsed{5};
  EngineClock clock{[this] { return wall; }, [this] { return elapsed; }};
  void pass(Duration time) {
    wall += time;
    elapsed += time;
  }
};

TEST(EngineClock, FollowsTheWall) {
  Hands hands;
  hands.pass(kSecond);
  EXPECT_EQ(hands.clock.now(), Instant{hands.wall});
  hands.wall -= 60 * kSecond;  // set right by a little
  EXPECT_EQ(hands.clock.now(), Instant{hands.wall});
  EXPECT_FALSE(hands.clock.skew());
}

TEST(EngineClock, GoesOnByItselfWhenTheWallJumps) {
  for (const Duration jump : {days(3650), -days(3650), 6 * 60 * kSecond}) {
    Hands hands;
    const Instant before = hands.clock.now();
    hands.wall += jump;
    for (int i = 1; i <= 10; ++i) {
      hands.pass(kSecond);
      EXPECT_EQ(hands.clock.now(), before + i * kSecond);
      EXPECT_EQ(hands.clock.skew(), jump);
    }
    hands.wall -= jump;
    EXPECT_EQ(hands.clock.now(), Instant{hands.wall});
    EXPECT_FALSE(hands.clock.skew());
  }
}

}  // namespace
}  // namespace lianqing
