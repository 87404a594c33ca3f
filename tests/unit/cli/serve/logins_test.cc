#include "cli/serve/logins.h"

#include <gtest/gtest.h>

namespace lianqing {
namespace {

using std::chrono::minutes;

http::Caller caller(const std::string& name, http::Role role = http::Role::viewer) {
  http::Caller out;
  out.name = name;
  out.role = role;
  return out;
}

const Logins::Clock::time_point kStart{};

TEST(Logins, TheFirstCallAndTheFirstAfterHalfAnHourWithoutAny) {
  Logins logins;
  EXPECT_TRUE(logins.begins(caller("a"), "", kStart));
  for (int minute = 1; minute <= 90; minute += 29) {  // never half an hour apart
    EXPECT_FALSE(logins.begins(caller("a"), "", kStart + minutes(minute))) << minute;
  }
  EXPECT_TRUE(logins.begins(caller("a"), "", kStart + minutes(88 + 30)));
}

TEST(Logins, NameRoleAndAddressAreToldApart) {
  Logins logins;
  EXPECT_TRUE(logins.begins(caller("a"), "", kStart));
  EXPECT_TRUE(logins.begins(caller("a"), "10.0.0.1", kStart));
  EXPECT_TRUE(logins.begins(caller("b"), "", kStart));
  EXPECT_TRUE(logins.begins(caller("a", http::Role::auditor), "", kStart));
  EXPECT_FALSE(logins.begins(caller("a"), "10.0.0.1", kStart));
}

TEST(Logins, ManyOfThemTakeBoundedMemoryAndNoneIsLost) {
  Logins logins;
  for (std::size_t i = 0; i < Logins::kMost; ++i) {
    EXPECT_TRUE(logins.begins(caller("n" + std::to_string(i)), "", kStart));
  }
  EXPECT_TRUE(logins.begins(caller("late"), "", kStart + minutes(29)));
  EXPECT_TRUE(logins.begins(caller("late"), "", kStart + minutes(29)));  // not told apart: noted
  EXPECT_TRUE(logins.begins(caller("late"), "", kStart + minutes(30)));  // there is room again
  EXPECT_FALSE(logins.begins(caller("late"), "", kStart + minutes(30)));
}

}  // namespace
}  // namespace lianqing
